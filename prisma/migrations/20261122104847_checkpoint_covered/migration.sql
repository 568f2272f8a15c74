-- AlterTable: what the claims of the token of the last entry say (`size`)
ALTER TABLE "checkpoint" ADD COLUMN     "covered" INTEGER NOT NULL DEFAULT 0;

UPDATE "checkpoint" SET "covered" = (convert_from(decode(
  rpad(translate(split_part("heads", '.', 2), '-_', '+/'), (length(split_part("heads", '.', 2)) + 3) / 4 * 4, '='),
  'base64'), 'UTF8')::json ->> 'size')::integer;

ALTER TABLE "checkpoint" ALTER COLUMN "covered" DROP DEFAULT;
