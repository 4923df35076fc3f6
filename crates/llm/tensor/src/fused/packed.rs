//! How a panel holds sixteen rows of each type.
//!
//! For 32 inputs, a group, quad `q` (0 to 7) is the sixteen rows' weights for inputs `4q..4q + 4`
//! as unsigned numbers: a line of 64 bytes in which byte `4 * row + i` belongs to input `4q + i`.
//! A panel stores the quads of a group bit by bit in as many lines as the file has bits:
//!
//! - low nibbles, 4 lines: line `v` has quad `v` in its low halves and quad `v + 4` in the high ones;
//! - pairs of bits, 2 lines: line `h` has quad `4h + j` in bits `2j..2j + 2` of its bytes;
//! - single bits, 1 line: quad `q` in bit `q`;
//! - bytes, 8 lines: quad `q` is line `q`.
//!
//! Scales stay as the file has them, sixteen rows of each side by side in units of 16 bytes. A
//! block of the file (one group, or eight) has the rows' `d` and, where there is one, `m` or `dmin`
//! as halves (two units each), then for each group its sub-scales (one unit for each that a row has,
//! signed) and its minima (the same, unsigned).

use super::isa::{Isa, Line, Unit};
use crate::{
    BLOCK_LEN,
    formats::{self, Format},
};

/// Rows of a panel.
pub(crate) const PANEL_ROWS: usize = 16;

/// How many bits a weight has, and what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    /// A pair.
    Two,
    /// A pair below a single bit.
    Three,
    /// A nibble.
    Four,
    /// A nibble below a single bit.
    Five,
    /// A nibble below a pair.
    Six,
    /// A byte.
    Eight,
    /// A nibble that chooses from [`formats::VALUES`].
    Table,
}

/// How many there are for each row and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steps {
    /// None.
    None,
    /// One.
    Whole,
    /// One for each 16 inputs.
    Halves,
}

impl Steps {
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::None => 0,
            Self::Whole => 1,
            Self::Halves => 2,
        }
    }
}

/// A type as a panel holds it.
pub(crate) trait Packed: Format {
    /// The bits of a weight.
    const BITS: Bits;
    /// What is added to a weight so that it has no sign; for a table to its values.
    const OFFSET: u8;
    /// Where a block of the file has its halves: `d` and, if any, `m` or `dmin`.
    const HALVES: &'static [usize];
    /// Integers that multiply `d`.
    const SCALES: Steps = Steps::None;
    /// Integers that multiply `dmin`. With `None`, a second half is the minimum itself.
    const MINIMA: Steps = Steps::None;

    /// Groups of a block of the file.
    const GROUPS: usize = Self::KIND.block_len() / BLOCK_LEN;
    /// Lines of a group.
    const LINES: usize = match Self::BITS {
        Bits::Two => 2,
        Bits::Three => 3,
        Bits::Four | Bits::Table => 4,
        Bits::Five => 5,
        Bits::Six => 6,
        Bits::Eight => 8,
    };
    /// Units of a group.
    const GROUP_UNITS: usize = Self::SCALES.count() + Self::MINIMA.count();
    /// Units of a block.
    const UNITS: usize = 2 * Self::HALVES.len() + Self::GROUPS * Self::GROUP_UNITS;
}

macro_rules! packed {
    ($($name:ident: $bits:ident, $offset:literal, [$($half:literal),*], $scales:ident, $minima:ident;)*) => {$(
        impl Packed for formats::$name {
            const BITS: Bits = Bits::$bits;
            const OFFSET: u8 = $offset;
            const HALVES: &'static [usize] = &[$($half),*];
            const SCALES: Steps = Steps::$scales;
            const MINIMA: Steps = Steps::$minima;
        }
    )*};
}

packed! {
    Q4_0: Four, 8, [0], None, None;
    Q4_1: Four, 0, [0, 2], None, None;
    Q5_0: Five, 16, [0], None, None;
    Q5_1: Five, 0, [0, 2], None, None;
    Q8_0: Eight, 128, [0], None, None;
    Q2_K: Two, 0, [80, 82], Halves, Halves;
    Q3_K: Three, 4, [108], Halves, None;
    Q4_K: Four, 0, [0, 2], Whole, Whole;
    Q5_K: Five, 0, [0, 2], Whole, Whole;
    Q6_K: Six, 32, [208], Halves, None;
    IQ4_NL: Table, 128, [0], None, None;
    IQ4_XS: Table, 128, [0], Whole, None;
}

/// What part of a weight [`quad`] gives: all of it, or one of the nibbles of a byte for
/// instructions whose sums have 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    LowNibble,
    HighNibble,
}

/// A table's values without sign, or a nibble of them.
const fn table(part: Part, offset: u8) -> Unit {
    let mut table = [0; 16];
    let mut index = 0;
    while index < 16 {
        let value = formats::VALUES[index].cast_unsigned().wrapping_add(offset);
        table[index] = match part {
            Part::Whole => value,
            Part::LowNibble => value & 15,
            Part::HighNibble => value >> 4,
        };
        index += 1;
    }
    table
}

/// Quad `q` of a group.
#[inline(always)]
pub(crate) fn quad<I: Isa, F: Packed>(isa: I, lines: &[Line], q: usize, part: Part) -> I::Line {
    match F::BITS {
        Bits::Two => pair(isa, &lines[q / 4], q % 4),
        Bits::Three => {
            let low = pair(isa, &lines[q / 4], q % 4);
            isa.or(low, bits(isa, &lines[2], 1, q.cast_signed() - 2, 2))
        }
        Bits::Four => nibble(isa, lines, q),
        Bits::Five => {
            isa.or(nibble(isa, lines, q), bits(isa, &lines[4], 1, q.cast_signed() - 4, 4))
        }
        Bits::Six => {
            let high = bits(isa, &lines[4 + q / 4], 3, (q % 4 * 2).cast_signed() - 4, 4);
            isa.or(nibble(isa, lines, q), high)
        }
        Bits::Eight => {
            let bytes = isa.line(&lines[q]);
            match part {
                Part::Whole => bytes,
                Part::LowNibble => isa.mask(bytes, 15),
                Part::HighNibble => isa.mask(isa.shift_right::<4>(bytes), 15),
            }
        }
        Bits::Table => {
            let places = nibble(isa, lines, q);
            match part {
                Part::Whole => isa.lookup(places, const { &table(Part::Whole, F::OFFSET) }),
                Part::LowNibble => isa.lookup(places, const { &table(Part::LowNibble, F::OFFSET) }),
                Part::HighNibble => {
                    isa.lookup(places, const { &table(Part::HighNibble, F::OFFSET) })
                }
            }
        }
    }
}

#[inline(always)]
fn nibble<I: Isa>(isa: I, lines: &[Line], q: usize) -> I::Line {
    let line = isa.line(&lines[q % 4]);
    isa.mask(if q < 4 { line } else { isa.shift_right::<4>(line) }, 15)
}

#[inline(always)]
fn pair<I: Isa>(isa: I, line: &Line, place: usize) -> I::Line {
    bits(isa, line, 3, (2 * place).cast_signed(), 0)
}

/// The bits of `mask`, which stand `right + target` places up, moved to `target`.
#[inline(always)]
fn bits<I: Isa>(isa: I, line: &Line, mask: u8, right: isize, target: usize) -> I::Line {
    let line = isa.line(line);
    // The places are constants wherever this is inlined, so that one arm is left.
    let moved = match right {
        -4 => isa.shift_left::<4>(line),
        -3 => isa.shift_left::<3>(line),
        -2 => isa.shift_left::<2>(line),
        -1 => isa.shift_left::<1>(line),
        0 => line,
        1 => isa.shift_right::<1>(line),
        2 => isa.shift_right::<2>(line),
        3 => isa.shift_right::<3>(line),
        4 => isa.shift_right::<4>(line),
        5 => isa.shift_right::<5>(line),
        6 => isa.shift_right::<6>(line),
        _ => unreachable!("a byte has eight places"),
    };
    isa.mask(moved, mask << target)
}
