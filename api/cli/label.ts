import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Label, LABEL_CODES, labelOf, labelPdf, labelPng, labelSvg } from '../exports/label.ts';
import { configOf } from './options.ts';
import { CommandError, EXIT, printLine } from './output.ts';

interface Options {
  code: 'qr' | 'datamatrix';
  host?: string;
}

const WRITERS: readonly (readonly [string, (label: Label) => Promise<string | Buffer>])[] = [
  ['.svg', labelSvg],
  ['.png', labelPng],
  ['.pdf', labelPdf],
];

export function addLabel(program: Command): void {
  program
    .command('label')
    .summary('write the QR code or DataMatrix of a lot for a label')
    .description(
      'Writes a code for a label or a notice, offline: a QR code with the GS1 Digital Link that the node resolves, or a GS1 ' +
        'DataMatrix with the element string.',
    )
    .argument('<identifier>', 'a lot or another thing, such as (01)09521141012345(10)A1')
    .argument('<file>', 'the file to write: NAME.svg, NAME.png or NAME.pdf (3 by 2 inches)')
    .addOption(
      new Option('--code <code>', 'which code')
        .choices(LABEL_CODES.map((code) => code.toLowerCase()))
        .default('qr'),
    )
    .option('--host <url>', 'where its Digital Link is resolved (default: the address of the node)')
    .action(async (identifier: string, file: string, options: Options, command: Command) => {
      const write = WRITERS.find(([ending]) => file.endsWith(ending))?.[1];
      if (!write)
        throw new CommandError(
          `${file} is not named for a picture.`,
          'Name it NAME.svg, NAME.png or NAME.pdf.',
          EXIT.usage,
        );
      const host = options.host ?? configOf(command).url;
      const label = labelOf(identifier, options.code === 'qr' ? 'QR' : 'DATAMATRIX', host);
      await writeFile(file, await write(label));
      printLine(`${file}: ${label.holds}`);
    });
}
