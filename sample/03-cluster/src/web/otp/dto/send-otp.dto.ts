import { IsPhoneNumber } from 'class-validator';

export class SendOtpDto {
  @IsPhoneNumber(undefined, {
    message: 'phoneNumber must be in international form, such as +1 415 555 0123',
  })
  phoneNumber!: string;
}
