//! Units of measure: what they are called and what they are in the unit that others are defined by.
//!
//! Factors are exact, as the international agreements of 1959 and the definitions of the SI have
//! them, so that 12 inches are 30.48 cm and not nearly so.

use super::Number;
use Dimension::{
    Angle, Area, Data, Energy, Length, Mass, Power, Pressure, Speed, Temperature, Time, Volume,
};

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Length,
    Area,
    Volume,
    Mass,
    Time,
    Speed,
    Data,
    Temperature,
    Energy,
    Power,
    Pressure,
    Angle,
}

/// A unit: `numerator / denominator` of its dimension's first, counted from `offset` hundredths of
/// a unit above that one's zero.
#[derive(Debug)]
pub struct Unit {
    /// How results name it.
    pub symbol: &'static str,
    /// What else it is called.
    names: &'static [&'static str],
    pub dimension: Dimension,
    numerator: i128,
    denominator: i128,
    offset: i128,
}

impl Unit {
    /// The unit of that name. Symbols in the right case go first: `Mb` are bits, `MB` bytes.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        let exact = UNITS.iter().find(|unit| unit.symbol == name || unit.names.contains(&name));
        exact.or_else(|| {
            UNITS.iter().find(|unit| {
                unit.symbol.eq_ignore_ascii_case(name)
                    || unit.names.iter().any(|other| other.eq_ignore_ascii_case(name))
            })
        })
    }

    /// So many of this unit, in `other`, which measures the same.
    pub fn convert(&self, amount: Number, other: &Self) -> Number {
        let whole = Number::Integer;
        let hundred = whole(100);
        // Offsets are in hundredths, so that those of temperatures stay whole.
        let amount = amount.times(hundred).plus(whole(self.offset));
        let divisor = whole(self.denominator * other.numerator);
        let converted = amount.times(whole(self.numerator * other.denominator)).divided_by(divisor);
        converted.minus(whole(other.offset)).divided_by(hundred)
    }
}

const fn unit(
    symbol: &'static str,
    names: &'static [&'static str],
    dimension: Dimension,
    numerator: i128,
    denominator: i128,
) -> Unit {
    Unit { symbol, names, dimension, numerator, denominator, offset: 0 }
}

#[rustfmt::skip]
const UNITS: &[Unit] = &[
    // Metres.
    unit("m", &["meter", "meters", "metre", "metres"], Length, 1, 1),
    unit("km", &["kilometer", "kilometers", "kilometre", "kilometres", "kms"], Length, 1000, 1),
    unit("cm", &["centimeter", "centimeters", "centimetre", "centimetres"], Length, 1, 100),
    unit("mm", &["millimeter", "millimeters", "millimetre", "millimetres"], Length, 1, 1000),
    unit("µm", &["μm", "um", "micrometer", "micrometers", "micrometre", "micrometres", "micron", "microns"], Length, 1, 1_000_000),
    unit("nm", &["nanometer", "nanometers", "nanometre", "nanometres"], Length, 1, 1_000_000_000),
    unit("miles", &["mile", "mi"], Length, 1_609_344, 1000),
    unit("yards", &["yard", "yd"], Length, 9144, 10_000),
    unit("feet", &["foot", "ft"], Length, 3048, 10_000),
    unit("inches", &["inch", "in"], Length, 254, 10_000),
    unit("nautical miles", &["nautical mile", "nmi"], Length, 1852, 1),
    unit("light years", &["light year", "light-year", "light-years", "ly"], Length, 9_460_730_472_580_800, 1),
    // Square metres.
    unit("m²", &["m2", "m^2", "sqm", "square meter", "square meters", "square metre", "square metres"], Area, 1, 1),
    unit("km²", &["km2", "km^2", "square kilometer", "square kilometers", "square kilometre", "square kilometres"], Area, 1_000_000, 1),
    unit("cm²", &["cm2", "cm^2", "square centimeter", "square centimeters", "square centimetre", "square centimetres"], Area, 1, 10_000),
    unit("ha", &["hectare", "hectares"], Area, 10_000, 1),
    unit("acres", &["acre"], Area, 40_468_564_224, 10_000_000),
    unit("square feet", &["square foot", "sq ft", "sqft", "ft2", "ft²"], Area, 9_290_304, 100_000_000),
    unit("square miles", &["square mile", "sq mi"], Area, 2_589_988_110_336, 1_000_000),
    unit("square inches", &["square inch", "sq in"], Area, 64_516, 100_000_000),
    // Litres.
    unit("l", &["L", "liter", "liters", "litre", "litres"], Volume, 1, 1),
    unit("ml", &["milliliter", "milliliters", "millilitre", "millilitres", "cc", "cm3", "cm³"], Volume, 1, 1000),
    unit("cl", &["centiliter", "centiliters", "centilitre", "centilitres"], Volume, 1, 100),
    unit("dl", &["deciliter", "deciliters", "decilitre", "decilitres"], Volume, 1, 10),
    unit("m³", &["m3", "m^3", "cubic meter", "cubic meters", "cubic metre", "cubic metres"], Volume, 1000, 1),
    unit("gallons", &["gallon", "gal", "us gallon", "us gallons"], Volume, 3_785_411_784, 1_000_000_000),
    unit("quarts", &["quart", "qt"], Volume, 946_352_946, 1_000_000_000),
    unit("pints", &["pint", "pt"], Volume, 473_176_473, 1_000_000_000),
    unit("cups", &["cup"], Volume, 2_365_882_365, 10_000_000_000),
    unit("fl oz", &["fluid ounce", "fluid ounces"], Volume, 295_735_295_625, 10_000_000_000_000),
    unit("tablespoons", &["tablespoon", "tbsp"], Volume, 1_478_676_478_125, 100_000_000_000_000),
    unit("teaspoons", &["teaspoon", "tsp"], Volume, 492_892_159_375, 100_000_000_000_000),
    // Grams.
    unit("g", &["gram", "grams", "gramme", "grammes"], Mass, 1, 1),
    unit("kg", &["kilogram", "kilograms", "kilo", "kilos", "kgs"], Mass, 1000, 1),
    unit("mg", &["milligram", "milligrams"], Mass, 1, 1000),
    unit("t", &["tonne", "tonnes", "metric ton", "metric tons", "ton", "tons"], Mass, 1_000_000, 1),
    unit("lb", &["lbs", "pound", "pounds"], Mass, 45_359_237, 100_000),
    unit("oz", &["ounce", "ounces"], Mass, 45_359_237, 1_600_000),
    unit("stone", &["stones"], Mass, 635_029_318, 100_000),
    // Seconds. Months differ, so there are none; a year is 365 days.
    unit("s", &["second", "seconds", "sec", "secs"], Time, 1, 1),
    unit("ms", &["millisecond", "milliseconds"], Time, 1, 1000),
    unit("µs", &["μs", "us", "microsecond", "microseconds"], Time, 1, 1_000_000),
    unit("ns", &["nanosecond", "nanoseconds"], Time, 1, 1_000_000_000),
    unit("minutes", &["minute", "min", "mins"], Time, 60, 1),
    unit("hours", &["hour", "h", "hr", "hrs"], Time, 3600, 1),
    unit("days", &["day"], Time, 86_400, 1),
    unit("weeks", &["week"], Time, 604_800, 1),
    unit("years", &["year"], Time, 31_536_000, 1),
    // Metres per second.
    unit("m/s", &["meters per second", "metres per second"], Speed, 1, 1),
    unit("km/h", &["kmh", "kph", "kilometers per hour", "kilometres per hour", "km per hour"], Speed, 10, 36),
    unit("mph", &["miles per hour", "mi/h"], Speed, 44_704, 100_000),
    unit("knots", &["knot", "kn"], Speed, 1852, 3600),
    // Bytes: with K, M, G in thousands, with Ki, Mi, Gi in 1024s.
    unit("B", &["byte", "bytes"], Data, 1, 1),
    unit("kB", &["KB", "kilobyte", "kilobytes"], Data, 1000, 1),
    unit("MB", &["megabyte", "megabytes"], Data, 1_000_000, 1),
    unit("GB", &["gigabyte", "gigabytes"], Data, 1_000_000_000, 1),
    unit("TB", &["terabyte", "terabytes"], Data, 1_000_000_000_000, 1),
    unit("KiB", &["kibibyte", "kibibytes"], Data, 1 << 10, 1),
    unit("MiB", &["mebibyte", "mebibytes"], Data, 1 << 20, 1),
    unit("GiB", &["gibibyte", "gibibytes"], Data, 1 << 30, 1),
    unit("TiB", &["tebibyte", "tebibytes"], Data, 1 << 40, 1),
    unit("bits", &["bit"], Data, 1, 8),
    unit("kbit", &["kb", "kilobit", "kilobits"], Data, 125, 1),
    unit("Mbit", &["Mb", "megabit", "megabits"], Data, 125_000, 1),
    unit("Gbit", &["Gb", "gigabit", "gigabits"], Data, 125_000_000, 1),
    // Kelvins.
    unit("K", &["kelvin", "kelvins"], Temperature, 1, 1),
    Unit { offset: 27_315, ..unit("°C", &["C", "celsius", "degrees celsius", "degree celsius", "degrees C", "centigrade", "degrees centigrade"], Temperature, 1, 1) },
    Unit { offset: 45_967, ..unit("°F", &["F", "fahrenheit", "degrees fahrenheit", "degree fahrenheit", "degrees F"], Temperature, 5, 9) },
    // Joules.
    unit("J", &["joule", "joules"], Energy, 1, 1),
    unit("kJ", &["kilojoule", "kilojoules"], Energy, 1000, 1),
    unit("cal", &["calorie", "calories"], Energy, 4184, 1000),
    unit("kcal", &["kilocalorie", "kilocalories"], Energy, 4184, 1),
    unit("Wh", &["watt hour", "watt hours"], Energy, 3600, 1),
    unit("kWh", &["kilowatt hour", "kilowatt hours"], Energy, 3_600_000, 1),
    // Watts.
    unit("W", &["watt", "watts"], Power, 1, 1),
    unit("kW", &["kilowatt", "kilowatts"], Power, 1000, 1),
    unit("hp", &["horsepower"], Power, 7_456_998_715_822_702, 10_000_000_000_000),
    // Pascals.
    unit("Pa", &["pascal", "pascals"], Pressure, 1, 1),
    unit("bar", &["bars"], Pressure, 100_000, 1),
    unit("atm", &["atmosphere", "atmospheres"], Pressure, 101_325, 1),
    unit("psi", &[], Pressure, 6_894_757_293_168_361, 1_000_000_000_000),
    // Degrees, of which a turn has 360.
    unit("degrees", &["degree", "deg", "°"], Angle, 1, 1),
    unit("turns", &["turn", "full turns"], Angle, 360, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_has_two_units() {
        for unit in UNITS {
            for name in unit.names.iter().chain([&unit.symbol]) {
                let found = Unit::from_name(name).unwrap();
                assert_eq!(found.symbol, unit.symbol, "{name}");
            }
        }
    }

    #[test]
    fn every_unit_converts_to_its_first_and_back() {
        for unit in UNITS {
            let first = UNITS.iter().find(|other| other.dimension == unit.dimension).unwrap();
            let there = unit.convert(Number::Integer(7), first);
            // Kelvins are hundreds more than degrees Celsius, and lose as many digits.
            let back = first.convert(there, unit).to_f64();
            assert!((back - 7.0).abs() < 1e-9, "{} {back}", unit.symbol);
        }
    }

    #[test]
    fn the_case_of_a_symbol_counts_where_it_matters() {
        for (name, symbol) in [
            ("MB", "MB"),
            ("Mb", "Mbit"),
            ("mb", "MB"),
            ("KM", "km"),
            ("c", "°C"),
            ("Miles", "miles"),
        ] {
            assert_eq!(Unit::from_name(name).unwrap().symbol, symbol, "{name}");
        }
        assert!(Unit::from_name("parsnips").is_none());
    }
}
