import { Type, UnauthorizedException } from '@nestjs/common';
import { ApolloDriver } from '@nestjs/apollo';
import { MercuriusDriver } from '@nestjs/mercurius';
import {
  Args,
  Field,
  GqlExecutionContext,
  GraphQLModule,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import type { TrackConversionOptions } from '../../../lib/index.js';
import type { Platform } from '../app.js';
import { VOLATILE_HEADERS, httpClient } from './http-client.js';
import { Client, Kind, Track } from './kind.js';
import { check } from './otp-failure.js';

@InputType()
class VerifyInput {
  @Field({ nullable: true })
  verificationId?: string;

  @Field()
  code!: string;
}

@ObjectType()
class Verified {
  @Field()
  verified!: boolean;
}

/** Makes the resolvers of an app; a schema needs a query besides. */
type Resolvers = (track: Track) => Type;

const withArguments: Resolvers = (track) => {
  @Resolver()
  class VerifyResolver {
    @Query(() => Boolean)
    isUp(): boolean {
      return true;
    }

    @Mutation(() => Verified)
    @track()
    verify(
      @Args('verificationId', { nullable: true }) _: string,
      @Args('code') code: string,
    ): Verified {
      return check({ code }, () => new UnauthorizedException());
    }
  }
  return VerifyResolver;
};

/** Its id is found by a path, or by a function of what GraphQL knows. */
const withInput =
  (verificationId: TrackConversionOptions['verificationId']): Resolvers =>
  (track) => {
    @Resolver()
    class VerifyResolver {
      @Query(() => Boolean)
      isUp(): boolean {
        return true;
      }

      @Mutation(() => Verified)
      @track({ verificationId })
      async verify(@Args('input') input: VerifyInput): Promise<Verified> {
        return check(input, () => new UnauthorizedException());
      }
    }
    return VerifyResolver;
  };

const ARGUMENTS =
  'mutation ($verificationId: String, $code: String!) { verify(verificationId: $verificationId, code: $code) { verified } }';
const INPUT =
  'mutation ($verificationId: String, $code: String!) { verify(input: { verificationId: $verificationId, code: $code }) { verified } }';

const kind = (
  name: string,
  platform: Platform,
  driver: Type,
  resolvers: Resolvers,
  query: string,
): Kind => ({
  name,
  platform,
  failures: ['throwing', 'its value'],
  module: (track) => ({
    imports: [
      GraphQLModule.forRoot({
        driver,
        autoSchemaFile: true,
        includeStacktraceInErrorResponses: false,
      }),
    ],
    providers: [resolvers(track)],
  }),
  connect: (port) => graphqlClient(port, query),
  volatile: VOLATILE_HEADERS,
});

function graphqlClient(port: number, query: string): Client {
  return httpClient(port, '/graphql', (variables) => ({ query, variables }));
}

export const graphqlKinds: readonly Kind[] = [
  kind('a mutation with arguments, by Apollo', 'Express', ApolloDriver, withArguments, ARGUMENTS),
  kind(
    'a mutation with an input object, by Apollo',
    'Express',
    ApolloDriver,
    withInput('input.verificationId'),
    INPUT,
  ),
  kind(
    'a mutation with arguments, by Mercurius',
    'Fastify',
    MercuriusDriver,
    withArguments,
    ARGUMENTS,
  ),
  kind(
    'a mutation with an input object, by Mercurius',
    'Fastify',
    MercuriusDriver,
    withInput('input.verificationId'),
    INPUT,
  ),
  kind(
    'a mutation whose id is found by a function',
    'Express',
    ApolloDriver,
    withInput(async (_, context) => {
      const { input } = GqlExecutionContext.create(context).getArgs<{ input: VerifyInput }>();
      return input.verificationId;
    }),
    INPUT,
  ),
];
