//! Symbols that the font lacks, drawn into a cell: lines, blocks, arrows, bullets, marks.
//!
//! Each is a question "is this point inside?" asked at 4 x 4 places in each pixel, so all come out
//! anti-aliased at any size, and box-drawing lines meet at the cell's edges.

use alloc::vec;
use alloc::vec::Vec;

/// Places per pixel and axis at which a shape is sampled.
const SAMPLES: usize = 4;

/// A cell to draw into, in pixels.
#[derive(Clone, Copy)]
struct Cell {
    width: f32,
    height: f32,
    /// Thickness of a stroke.
    stroke: f32,
}

impl Cell {
    /// Whether a point lies within half a stroke of the straight line between two points.
    fn on_line(self, x: f32, y: f32, from: (f32, f32), to: (f32, f32)) -> bool {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length_squared = dx * dx + dy * dy;
        let along = ((x - from.0) * dx + (y - from.1) * dy) / length_squared;
        let along = along.clamp(0.0, 1.0);
        let (off_x, off_y) = (x - from.0 - along * dx, y - from.1 - along * dy);
        off_x * off_x + off_y * off_y <= self.stroke * self.stroke / 4.0
    }

    /// Whether a point lies on one of the lines between neighbouring points, given as shares of
    /// the cell: x of its width, y of its width too, from its middle, so that shapes keep their
    /// proportion.
    fn on_path(self, x: f32, y: f32, points: &[(f32, f32)]) -> bool {
        let place =
            |(px, py): (f32, f32)| (self.width * (0.5 + px), self.height * 0.54 + self.width * py);
        points.windows(2).any(|pair| self.on_line(x, y, place(pair[0]), place(pair[1])))
    }

    /// Whether a point lies within `radius` (a share of the width) of the cell's middle.
    fn in_disc(self, x: f32, y: f32, radius: f32) -> bool {
        let (dx, dy) = (x - self.width / 2.0, y - self.height * 0.54);
        let radius = radius * self.width;
        dx * dx + dy * dy <= radius * radius
    }

    /// Distances from the middle as shares of the width.
    fn centred(self, x: f32, y: f32) -> (f32, f32) {
        (x / self.width - 0.5, (y - self.height * 0.54) / self.width)
    }
}

/// The arms of a box-drawing character: left, right, up, down. Heavy, double and dashed forms are
/// drawn as light ones.
const fn box_arms(character: char) -> Option<(bool, bool, bool, bool)> {
    Some(match character {
        '─' | '━' | '═' | '┄' | '┅' | '┈' | '┉' | '╌' | '╍' => {
            (true, true, false, false)
        }
        '│' | '┃' | '║' | '┆' | '┇' | '┊' | '┋' | '╎' | '╏' => {
            (false, false, true, true)
        }
        '┌' | '┏' | '╔' | '╭' | '┍' | '┎' | '╒' | '╓' => (false, true, false, true),
        '┐' | '┓' | '╗' | '╮' | '┑' | '┒' | '╕' | '╖' => (true, false, false, true),
        '└' | '┗' | '╚' | '╰' | '┕' | '┖' | '╘' | '╙' => (false, true, true, false),
        '┘' | '┛' | '╝' | '╯' | '┙' | '┚' | '╛' | '╜' => (true, false, true, false),
        '├' | '┝'..='┣' | '╞' | '╟' | '╠' => (false, true, true, true),
        '┤' | '┥'..='┫' | '╡' | '╢' | '╣' => (true, false, true, true),
        '┬' | '┭'..='┳' | '╤' | '╥' | '╦' => (true, true, false, true),
        '┴' | '┵'..='┻' | '╧' | '╨' | '╩' => (true, true, true, false),
        '┼' | '┽'..='╋' | '╪' | '╫' | '╬' => (true, true, true, true),
        '╴' | '╸' => (true, false, false, false),
        '╶' | '╺' => (false, true, false, false),
        '╵' | '╹' => (false, false, true, false),
        '╷' | '╻' => (false, false, false, true),
        _ => return None,
    })
}

/// Samples a shape into coverage, `(height, width)` row-major.
fn rasterize(width: usize, height: usize, is_inside: impl Fn(f32, f32) -> bool) -> Vec<u8> {
    let mut coverage = vec![0; width * height];
    let step = 1.0 / SAMPLES as f32;
    for (index, cover) in coverage.iter_mut().enumerate() {
        let (px, py) = ((index % width) as f32, (index / width) as f32);
        let mut hits = 0;
        for sample in 0..SAMPLES * SAMPLES {
            let x = px + ((sample % SAMPLES) as f32 + 0.5) * step;
            let y = py + ((sample / SAMPLES) as f32 + 0.5) * step;
            hits += usize::from(is_inside(x, y));
        }
        *cover = (hits * 255 / (SAMPLES * SAMPLES)) as u8;
    }
    coverage
}

/// Coverage of a box-drawing character, on whole pixels so that neighbours meet sharply.
fn draw_box(width: usize, height: usize, arms: (bool, bool, bool, bool)) -> Vec<u8> {
    let thickness = (height / 16).max(1);
    let (left, top) = ((width - thickness) / 2, (height - thickness) / 2);
    let (right, bottom) = (left + thickness, top + thickness);
    let mut coverage = vec![0; width * height];
    for (index, cover) in coverage.iter_mut().enumerate() {
        let (x, y) = (index % width, index / width);
        let (in_row, in_column) = ((top..bottom).contains(&y), (left..right).contains(&x));
        let is_inside = (in_row && ((arms.0 && x < right) || (arms.1 && x >= left)))
            || (in_column && ((arms.2 && y < bottom) || (arms.3 && y >= top)));
        *cover = if is_inside { 255 } else { 0 };
    }
    coverage
}

/// Coverage of a block element: a part of the cell, or a shade of it.
fn draw_block(width: usize, height: usize, character: char) -> Option<Vec<u8>> {
    let code = character as usize;
    let part = |from_x: usize, to_x: usize, from_y: usize, to_y: usize| {
        let mut coverage = vec![0; width * height];
        for (index, cover) in coverage.iter_mut().enumerate() {
            let is_inside = (from_x..to_x).contains(&(index % width))
                && (from_y..to_y).contains(&(index / width));
            *cover = if is_inside { 255 } else { 0 };
        }
        coverage
    };
    Some(match character {
        '▀' => part(0, width, 0, height / 2),
        '▁'..='█' => part(0, width, height - height * (code - 0x2580) / 8, height),
        '▉'..='▏' => part(0, width * (0x2590 - code) / 8, 0, height),
        '▐' => part(width / 2, width, 0, height),
        '░' => vec![64; width * height],
        '▒' => vec![128; width * height],
        '▓' => vec![192; width * height],
        _ => return None,
    })
}

/// Coverage of a symbol that the font lacks, `(height, width)` row-major.
pub fn draw(character: char, width: usize, height: usize) -> Option<Vec<u8>> {
    if let Some(arms) = box_arms(character) {
        return Some(draw_box(width, height, arms));
    }
    if let Some(block) = draw_block(width, height, character) {
        return Some(block);
    }
    let cell = Cell {
        width: width as f32,
        height: height as f32,
        stroke: (height as f32 / 13.0).max(1.2),
    };
    let path = |points: &[(f32, f32)]| rasterize(width, height, |x, y| cell.on_path(x, y, points));
    let paths = |all: &[&[(f32, f32)]]| {
        rasterize(width, height, |x, y| all.iter().any(|points| cell.on_path(x, y, points)))
    };
    Some(match character {
        '→' => paths(&[&[(-0.42, 0.0), (0.4, 0.0)], &[(0.1, -0.28), (0.4, 0.0), (0.1, 0.28)]]),
        '←' => paths(&[&[(0.42, 0.0), (-0.4, 0.0)], &[(-0.1, -0.28), (-0.4, 0.0), (-0.1, 0.28)]]),
        '↔' => paths(&[
            &[(-0.42, 0.0), (0.42, 0.0)],
            &[(0.2, -0.24), (0.42, 0.0), (0.2, 0.24)],
            &[(-0.2, -0.24), (-0.42, 0.0), (-0.2, 0.24)],
        ]),
        '↑' => paths(&[&[(0.0, 0.6), (0.0, -0.6)], &[(-0.3, -0.28), (0.0, -0.6), (0.3, -0.28)]]),
        '↓' => paths(&[&[(0.0, -0.6), (0.0, 0.6)], &[(-0.3, 0.28), (0.0, 0.6), (0.3, 0.28)]]),
        '✓' => path(&[(-0.4, 0.05), (-0.12, 0.38), (0.4, -0.38)]),
        '✗' => paths(&[&[(-0.34, -0.4), (0.34, 0.4)], &[(-0.34, 0.4), (0.34, -0.4)]]),
        '›' => path(&[(-0.14, -0.32), (0.18, 0.0), (-0.14, 0.32)]),
        '‹' => path(&[(0.14, -0.32), (-0.18, 0.0), (0.14, 0.32)]),
        '–' => path(&[(-0.38, 0.0), (0.38, 0.0)]),
        '—' => path(&[(-0.5, 0.0), (0.5, 0.0)]),
        '≤' => {
            paths(&[&[(0.36, -0.4), (-0.36, -0.08), (0.36, 0.24)], &[(-0.36, 0.46), (0.36, 0.46)]])
        }
        '≥' => {
            paths(&[&[(-0.36, -0.4), (0.36, -0.08), (-0.36, 0.24)], &[(-0.36, 0.46), (0.36, 0.46)]])
        }
        '≠' => paths(&[
            &[(-0.38, -0.16), (0.38, -0.16)],
            &[(-0.38, 0.16), (0.38, 0.16)],
            &[(-0.2, 0.5), (0.2, -0.5)],
        ]),
        '√' => path(&[(-0.46, 0.1), (-0.3, 0.0), (-0.08, 0.6), (0.18, -0.8), (0.46, -0.8)]),
        '•' => rasterize(width, height, |x, y| cell.in_disc(x, y, 0.24)),
        '○' | '◦' => rasterize(width, height, |x, y| {
            cell.in_disc(x, y, 0.36) && !cell.in_disc(x, y, 0.36 - cell.stroke / cell.width)
        }),
        '▸' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            x >= -0.24 && y.abs() <= 0.42 * (0.34 - x) / 0.58
        }),
        '◂' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            x <= 0.24 && y.abs() <= 0.42 * (0.34 + x) / 0.58
        }),
        '▾' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            y >= -0.28 && x.abs() <= 0.46 * (0.38 - y) / 0.66
        }),
        '▴' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            y <= 0.28 && x.abs() <= 0.46 * (0.38 + y) / 0.66
        }),
        '■' | '▪' | '◾' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            x.abs().max(y.abs()) <= 0.32
        }),
        '□' | '▫' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            let reach = x.abs().max(y.abs());
            reach <= 0.34 && reach >= 0.34 - cell.stroke / cell.width
        }),
        '◆' => rasterize(width, height, |x, y| {
            let (x, y) = cell.centred(x, y);
            x.abs() + y.abs() <= 0.42
        }),
        '…' => rasterize(width, height, |x, y| {
            let radius = cell.stroke * 0.55;
            [0.17, 0.5, 0.83].iter().any(|share| {
                let (dx, dy) = (x - share * cell.width, y - cell.height * 0.76);
                dx * dx + dy * dy <= radius * radius
            })
        }),
        _ => return None,
    })
}

/// The box that stands for a character that cannot be shown, `cells` cells wide.
pub fn draw_missing(width: usize, height: usize) -> Vec<u8> {
    let (top, bottom) = (height / 4, height * 13 / 16);
    let mut coverage = vec![0; width * height];
    for (index, cover) in coverage.iter_mut().enumerate() {
        let (x, y) = (index % width, index / width);
        let in_box = (1..width - 1).contains(&x) && (top..=bottom).contains(&y);
        let on_edge = x == 1 || x == width - 2 || y == top || y == bottom;
        *cover = if in_box && on_edge { 160 } else { 0 };
    }
    coverage
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn picture(coverage: &[u8], width: usize) -> Vec<String> {
        let mark = |&cover: &u8| match cover {
            0..64 => '.',
            64..192 => '+',
            _ => '#',
        };
        coverage.chunks(width).map(|row| row.iter().map(mark).collect()).collect()
    }

    #[test]
    fn box_corners_reach_the_edges_they_should() {
        assert_eq!(
            picture(&draw('┌', 7, 8).unwrap(), 7),
            [
                ".......", ".......", ".......", "...####", "...#...", "...#...", "...#...",
                "...#...",
            ]
        );
    }

    #[test]
    fn eighths_grow_from_the_bottom() {
        for (eighths, block) in ('▁'..='█').enumerate() {
            let coverage = draw(block, 4, 16).unwrap();
            let filled = coverage.iter().filter(|&&cover| cover == 255).count();
            assert_eq!(filled, 4 * 2 * (eighths + 1));
            assert_eq!(coverage[4 * 16 - 1], 255);
        }
    }

    #[test]
    fn a_right_triangle_points_right() {
        let coverage = draw('▸', 9, 20).unwrap();
        let ink =
            |column: usize| -> u32 { coverage.chunks(9).map(|row| u32::from(row[column])).sum() };
        assert!(ink(3) > ink(4) && ink(4) > ink(5) && ink(5) > ink(6));
        assert_eq!((ink(0), ink(8)), (0, 0));
    }

    #[test]
    fn every_symbol_leaves_ink_at_every_size() {
        for symbol in "→←↔↑↓✓✗›‹–—≤≥≠√•○▸◂▾▴■□◆…─│┼█░".chars()
        {
            for (width, height) in [(7, 16), (9, 20), (14, 32), (28, 64)] {
                let coverage = draw(symbol, width, height).unwrap();
                assert_eq!(coverage.len(), width * height);
                assert!(coverage.iter().any(|&cover| cover > 40), "{symbol} at {height}");
            }
        }
    }
}
