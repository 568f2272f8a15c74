-- AlterTable
ALTER TABLE "request" ADD COLUMN     "provisional" TEXT;
