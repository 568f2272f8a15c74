/**
 * The standard values of CBV 2.0 (section 7) and of the GS1 Web Vocabulary for sensors, by their short names.
 * A record keeps the short name of a standard value and the full URI of any other.
 */
export interface Vocabulary {
  /** what the values are called in messages */
  label: string;
  /** the canonical URI is this and the short name */
  base: string;
  /** older spellings of base */
  aliases: readonly string[];
  names: ReadonlySet<string>;
  /** false where a URI with an undeclared prefix is let pass, since valid documents have them */
  strictPrefix: boolean;
  /** true where other plain names pass with a warning: measurement types outside of the standard's list are in use */
  open: boolean;
}

const CBV = 'https://ref.gs1.org/cbv/';

function cbv(label: string, part: string, urn: string, names: string): Vocabulary {
  const aliases = [
    `urn:epcglobal:cbv:${urn}:`,
    `https://ns.gs1.org/cbv/${part}-`,
    `https://ns.gs1.org/voc/${part}-`,
    `http://ref.gs1.org/cbv/${part}-`,
  ];
  return {
    label,
    base: `${CBV}${part}-`,
    aliases,
    names: new Set(names.split(/\s+/)),
    strictPrefix: true,
    open: false,
  };
}

export const BIZ_STEP = cbv(
  'bizStep',
  'BizStep',
  'bizstep',
  'accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting ' +
    'decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting ' +
    'installing killing loading other packing picking receiving removing repackaging repairing replacing reserving ' +
    'retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting ' +
    'unloading unpacking void_shipping',
);

export const DISPOSITION = cbv(
  'disposition',
  'Disp',
  'disp',
  'active available completeness_inferred completeness_verified conformant container_closed container_open damaged ' +
    'destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance ' +
    'mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed ' +
    'recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown',
);

export const BIZ_TRANSACTION_TYPE = cbv(
  'business transaction type',
  'BTT',
  'btt',
  'bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt',
);

export const SOURCE_DESTINATION_TYPE = cbv(
  'source or destination type',
  'SDT',
  'sdt',
  'owning_party possessing_party location',
);

export const ERROR_REASON = cbv('error reason', 'ER', 'er', 'did_not_occur incorrect_data');

export const COMPONENT: Vocabulary = {
  ...cbv(
    'component',
    'Comp',
    'comp',
    'x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude ' +
      'longitude altitude geocoordinate',
  ),
  strictPrefix: false,
};

const WEB_VOCABULARY = {
  base: 'https://gs1.org/voc/',
  aliases: ['https://ref.gs1.org/voc/', 'https://www.gs1.org/voc/', 'http://gs1.org/voc/'],
  strictPrefix: false,
  open: false,
};

export const MEASUREMENT: Vocabulary = {
  ...WEB_VOCABULARY,
  open: true,
  label: 'measurement type',
  names: new Set(
    (
      'AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Activity Altitude AmountOfSubstance ' +
      'AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance ' +
      'Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity ' +
      'ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency ' +
      'Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux ' +
      'LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration ' +
      'MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power ' +
      'Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume ' +
      'Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction ' +
      'VolumetricFlux Wavenumber'
    ).split(' '),
  ),
};

export const SENSOR_ALERT: Vocabulary = {
  ...WEB_VOCABULARY,
  label: 'sensor exception',
  names: new Set(['ALARM_CONDITION', 'ERROR_CONDITION']),
};

/** The short name of a standard value given as a full URI, else the URI with the canonical base. */
export function shortName(uri: string, vocabulary: Vocabulary): string {
  for (const base of [vocabulary.base, ...vocabulary.aliases]) {
    if (!uri.startsWith(base)) continue;
    const local = uri.slice(base.length);
    return vocabulary.names.has(local) ? local : vocabulary.base + local;
  }
  return uri;
}

/** The full URI of a value as a record keeps it. */
export function fullValue(value: string, vocabulary: Vocabulary): string {
  return vocabulary.names.has(value) ? vocabulary.base + value : value;
}
