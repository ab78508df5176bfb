import { Transform } from 'class-transformer';
import { IsPhoneNumber } from 'class-validator';
import { inOneForm } from '../phone-number.js';

export class SendOtpDto {
  @Transform(({ value }) => inOneForm(value))
  @IsPhoneNumber(undefined, {
    message: 'phoneNumber must be in international form, such as +1 415 555 0123',
  })
  phoneNumber!: string;
}
