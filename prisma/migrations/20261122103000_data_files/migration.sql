-- A file may be made of several books, and of how much is not always known before.
ALTER TABLE "export_job" ADD COLUMN "books" TEXT[];
UPDATE "export_job" SET "books" = ARRAY["book"];
ALTER TABLE "export_job" DROP COLUMN "book", ALTER COLUMN "entries" DROP NOT NULL;
