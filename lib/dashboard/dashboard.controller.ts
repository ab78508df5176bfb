import type { IncomingHttpHeaders } from 'node:http';
import {
  CanActivate,
  Controller,
  Get,
  Inject,
  NotFoundException,
  Post,
  Req,
  Res,
  Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InvalidReportError, StorageError } from '../conversion-feedback.errors.js';
import { Dashboard, RANGES } from './dashboard.js';
import { foreignness, notFromPage } from './own-page.js';
import { PageFile, PageFiles, headersFor } from './page-files.js';

/** What Express' and Fastify's requests have in common. */
interface DashboardRequest {
  readonly headers: IncomingHttpHeaders;
  readonly originalUrl: string;
  /** What comes after the dashboard's path: by its name, or for a wildcard. */
  readonly params: { readonly file?: string; readonly '*'?: string };
}

/**
 * The controller of a dashboard. It answers by itself, without what the app does to values for its own
 * clients: an interceptor that wraps them, or a pipe that refuses what it doesn't know.
 */
export function dashboardController(path: string, guard?: Type<CanActivate> | CanActivate): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(...(guard ? [guard] : []))
  class ConversionFeedbackDashboardController {
    constructor(
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
      @Inject(PageFiles) private readonly files: PageFiles,
      @Inject(Dashboard) private readonly dashboard: Dashboard,
    ) {}

    @Get()
    page(@Req() request: DashboardRequest, @Res() response: unknown): void {
      const [asked] = request.originalUrl.split('?');
      // Without a slash at its end the page's own addresses would be relative to what is above it.
      const base = asked.endsWith('/') ? './' : `${path.slice(path.lastIndexOf('/') + 1)}/`;
      this.#send(response, this.files.page(base));
    }

    @Get('data')
    async data(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      const foreign = foreignness(request.headers);
      if (foreign) return this.#refuse(response, 403, foreign);
      const query = queryOf(request);
      const range = RANGES[query.get('range') ?? '24h'];
      if (range === undefined) {
        const known = Object.keys(RANGES).join(', ');
        return this.#refuse(response, 400, `\`range\` must be one of ${known}`);
      }
      const country = query.get('country') ?? undefined;
      await this.#answer(response, () => this.dashboard.read({ range, country }));
    }

    @Post('retry')
    async retry(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      const foreign = notFromPage(request.headers);
      if (foreign) return this.#refuse(response, 403, foreign);
      const messageUuid = queryOf(request).get('messageUuid') ?? undefined;
      await this.#answer(response, async () => ({
        retried: await this.dashboard.retry(messageUuid),
      }));
    }

    /** Gets its route from `routeFiles`. */
    file(@Req() request: DashboardRequest, @Res() response: unknown): void {
      const name = request.params.file ?? request.params['*'] ?? '';
      if (name === '') return this.page(request, response);
      const found = this.files.file(name);
      if (!found) throw new NotFoundException();
      this.#send(response, found);
    }

    async #answer(response: unknown, answer: () => Promise<unknown>): Promise<void> {
      try {
        this.#sendJson(response, 200, await answer());
      } catch (error) {
        if (error instanceof InvalidReportError) return this.#refuse(response, 400, error.message);
        if (error instanceof StorageError) return this.#refuse(response, 503, error.message);
        throw error;
      }
    }

    #refuse(response: unknown, status: number, error: string): void {
      this.#sendJson(response, status, { error });
    }

    #sendJson(response: unknown, status: number, value: unknown): void {
      const headers = headersFor('application/json; charset=utf-8');
      this.#send(response, { headers, content: JSON.stringify(value) }, status);
    }

    #send(response: unknown, { headers, content }: PageFile, status = 200): void {
      const { httpAdapter } = this.host;
      for (const [name, value] of Object.entries(headers))
        httpAdapter.setHeader(response, name, value);
      httpAdapter.reply(response, content, status);
    }
  }
  return ConversionFeedbackDashboardController;
}

/**
 * Gives the dashboard's files their route, which the platform decides: Fastify knows the page's address
 * with a slash at its end by a wildcard alone, and Express warns of one that both would take.
 */
export function routeFiles({ prototype }: Type, platform: string): void {
  const file = Object.getOwnPropertyDescriptor(prototype, 'file')!;
  Get(platform === 'fastify' ? '*' : ':file')(prototype as object, 'file', file);
}

function queryOf({ originalUrl }: DashboardRequest): URLSearchParams {
  return new URLSearchParams(originalUrl.split('?')[1]);
}
