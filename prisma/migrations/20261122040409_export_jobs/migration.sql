-- CreateTable
CREATE TABLE "export_job" (
    "id" UUID NOT NULL,
    "book" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "audience" TEXT,
    "format" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "entries" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "bytes" BIGINT,
    "message" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "beatAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "export_job_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "export_job_createdAt_id_idx" ON "export_job"("createdAt", "id");
