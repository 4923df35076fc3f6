//! The memory functions that compiled code calls, against loops over bytes.

use super::{Failure, expect_equal};
use alloc::{format, string::String, vec, vec::Vec};
use core::hint::black_box;

/// Around every border between their code paths, and one long run.
const LENGTHS: [usize; 24] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 200, 1000];
const AREA_BYTES: usize = 1200;

fn pattern() -> Vec<u8> {
    (0..AREA_BYTES).map(|index| (index * 7 + index / 256) as u8).collect()
}

/// Copies, overlapping copies both ways, fills and comparisons, of all lengths.
pub fn memory_functions() -> Result<String, Failure> {
    for len in LENGTHS {
        for shift in [0, 1, 8, 16, 63, 64, 100] {
            check_move(len, shift, 0)?;
            check_move(len, 0, shift)?;
        }
        check_fill(len)?;
        check_compare(len)?;
    }
    Ok(format!("{} lengths", LENGTHS.len()))
}

fn check_move(len: usize, from: usize, to: usize) -> Result<(), Failure> {
    let source = pattern();
    let mut area = source.clone();
    area.copy_within(black_box(from)..black_box(from + len), black_box(to));
    for (index, &byte) in area.iter().enumerate() {
        let is_moved = (to..to + len).contains(&index);
        let expected = if is_moved { source[from + (index - to)] } else { source[index] };
        expect_equal("byte after a move", u64::from(byte), u64::from(expected))?;
    }
    Ok(())
}

fn check_fill(len: usize) -> Result<(), Failure> {
    let mut area = vec![0x11_u8; AREA_BYTES];
    area[3..3 + black_box(len)].fill(black_box(0xa5));
    let filled = area.iter().filter(|&&byte| byte == 0xa5).count();
    expect_equal("number of bytes filled", filled as u64, len as u64)?;
    let is_exact = area[3..3 + len].iter().all(|&byte| byte == 0xa5);
    expect_equal("whether the right bytes were filled", u64::from(is_exact), 1)
}

fn check_compare(len: usize) -> Result<(), Failure> {
    let left = pattern();
    for different in (0..len).step_by(5) {
        let mut right = left.clone();
        right[different] = right[different].wrapping_add(1);
        let expected = left[different].cmp(&right[different]);
        let found = black_box(&left[..len]).cmp(black_box(&right[..len]));
        expect_equal("order of two areas", found as i8 as u64, expected as i8 as u64)?;
    }
    let is_equal = black_box(&left[..len]) == black_box(&left.clone()[..len]);
    expect_equal("whether equal areas are equal", u64::from(is_equal), 1)
}
