import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { NotTogetherWith } from '../validation.js';

/** Longest text Plivo documents, of characters of the GSM alphabet. */
const MAX_TEXT = 1_600;

/**
 * Body of a request to send a message, with the names of the wire. Decorators run from the bottom
 * up, and only the first that fails is told.
 */
export class MessageRequest {
  @ValidateIf(({ src, powerpack_uuid }: MessageRequest) => src != null || powerpack_uuid == null)
  @NotTogetherWith('powerpack_uuid')
  // Plivo strips what isn't a letter or a digit; something must be left.
  @Matches(/[A-Za-z0-9]/, { message: 'src must hold letters or digits' })
  @IsString({ message: 'src (or powerpack_uuid) must be given, as a string' })
  src?: string;

  @IsOptional()
  @IsNotEmpty()
  @IsString()
  powerpack_uuid?: string;

  @IsNotEmpty()
  @IsString()
  dst!: string;

  @MaxLength(MAX_TEXT)
  @IsNotEmpty()
  @IsString()
  text!: string;

  @IsOptional()
  @IsBoolean()
  trackable?: boolean;

  @IsOptional()
  @IsIn(['sms', 'mms', 'whatsapp'])
  type?: string;

  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  url?: string;

  @IsOptional()
  @IsIn(['GET', 'POST'])
  method?: string;

  // Plivo documents the values as words; its SDK and most clients send booleans.
  @IsOptional()
  @IsIn([true, false, 'true', 'false', 'content_only', 'number_only'])
  log?: boolean | 'true' | 'false' | 'content_only' | 'number_only';

  @IsOptional()
  @Max(10_799)
  @Min(5)
  @IsInt()
  message_expiry?: number;

  @IsOptional()
  @IsString()
  dlt_entity_id?: string;

  @IsOptional()
  @IsString()
  dlt_template_id?: string;

  @IsOptional()
  @IsString()
  dlt_template_category?: string;

  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  callback_url?: string;
}
