import { EventEmitter } from 'node:events';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type pg from 'pg';

const OID = { char: 18, text: 25 } as const;

/**
 * The adapter with PostgreSQL's internal type "char", which its catalog is full of: the schema engine reads the catalog and
 * wants such columns as characters, while @prisma/adapter-pg 7.10 refuses the type.
 */
export class CatalogAdapter extends PrismaPg {
  private readonly charColumns = new Set<string>();

  constructor(pool: pg.Pool) {
    super(pool);
    pool.on('connect', (client) => this.disguise(client));
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type, i) =>
        this.charColumns.has(result.columnNames[i] ?? '') ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  }

  /** Passes "char" to the adapter as text, and remembers which columns those are. */
  private disguise(client: object): void {
    if (!('connection' in client && client.connection instanceof EventEmitter)) return;
    client.connection.prependListener('rowDescription', (message: { fields: pg.FieldDef[] }) => {
      for (const field of message.fields) {
        if (field.dataTypeID !== OID.char) continue;
        field.dataTypeID = OID.text;
        this.charColumns.add(field.name);
      }
    });
  }
}
