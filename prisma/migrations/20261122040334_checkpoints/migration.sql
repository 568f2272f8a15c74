-- AlterTable
ALTER TABLE "record" ADD COLUMN     "verified" INTEGER;

-- CreateTable
CREATE TABLE "log_state" (
    "book" TEXT NOT NULL,
    "size" INTEGER NOT NULL DEFAULT 0,
    "headsSize" INTEGER NOT NULL DEFAULT 0,
    "headsRoot" TEXT NOT NULL,

    CONSTRAINT "log_state_pkey" PRIMARY KEY ("book")
);

-- CreateTable
CREATE TABLE "log_tile" (
    "book" TEXT NOT NULL,
    "level" INTEGER NOT NULL,
    "nr" INTEGER NOT NULL,
    "hashes" BYTEA NOT NULL,

    CONSTRAINT "log_tile_pkey" PRIMARY KEY ("book","level","nr")
);

-- CreateTable
CREATE TABLE "heads_page" (
    "book" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "since" INTEGER NOT NULL,
    "until" INTEGER,
    "page" BYTEA NOT NULL,

    CONSTRAINT "heads_page_pkey" PRIMARY KEY ("book","path","since")
);

-- CreateTable
CREATE TABLE "checkpoint" (
    "book" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "root" TEXT NOT NULL,
    "heads" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("book","size")
);

-- CreateTable
CREATE TABLE "cosigned" (
    "origin" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "root" TEXT NOT NULL,
    "note" TEXT NOT NULL,

    CONSTRAINT "cosigned_pkey" PRIMARY KEY ("origin")
);

-- Copies that are there already are verified from now on.
UPDATE "record" SET "verified" = 0 FROM "book" WHERE "book"."id" = "record"."book" AND "book"."slotKey" IS NULL;
-- Only records of local copies have it.
CREATE INDEX "record_verified" ON "record" ("book", "verified") WHERE "verified" IS NOT NULL;
-- Pages that are not the current ones are few, and are looked for to be forgotten.
CREATE INDEX "heads_page_until" ON "heads_page" ("book", "until") WHERE "until" IS NOT NULL;
