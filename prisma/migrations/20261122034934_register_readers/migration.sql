-- CreateTable
CREATE TABLE "register_reader" (
    "book" TEXT NOT NULL,
    "organisation" TEXT NOT NULL,
    "kid" TEXT NOT NULL,

    CONSTRAINT "register_reader_pkey" PRIMARY KEY ("book","organisation")
);
