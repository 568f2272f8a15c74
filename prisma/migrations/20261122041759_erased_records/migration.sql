-- AlterTable
ALTER TABLE "record" ADD COLUMN     "erased" BOOLEAN NOT NULL DEFAULT false;
