//! Pixels: a back buffer that knows what changed, anti-aliased glyphs and shapes, pixel formats.
//!
//! A [`Canvas`] is a [`BackBuffer`] with a glyph cache. It is an embedded-graphics `DrawTarget`, so
//! that straight shapes come from there; what that library lacks (coverage, so smooth text,
//! corners and curves) is drawn here. [`BackBuffer::flush`] copies only the damaged rows into a
//! [`FramebufferTarget`], which the kernel implements or gets from [`FramebufferBytes`].
//!
//! Neighbours: `console-ui` draws with this; the kernel owns the memory behind the target.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod back_buffer;
pub mod canvas;
pub mod chart;
pub mod color;
pub mod damage;
pub mod fold;
pub mod font;
pub mod pixel_format;
pub mod shape;
pub mod symbol;
pub mod target;
pub mod width;

pub use back_buffer::BackBuffer;
pub use canvas::{Canvas, TextStyle};
pub use color::Color;
pub use damage::Damage;
pub use embedded_graphics;
pub use embedded_graphics::primitives::Rectangle;
pub use font::{Font, Weight};
pub use pixel_format::{Channel, PixelFormat, PixelFormatError};
pub use target::{FramebufferBytes, FramebufferTarget};

use embedded_graphics::geometry::{Point, Size};

/// A rectangle from its left, top, width and height in pixels; negative sizes count as empty.
pub const fn rect(x: i32, y: i32, width: i32, height: i32) -> Rectangle {
    let width = if width < 0 { 0 } else { width as u32 };
    let height = if height < 0 { 0 } else { height as u32 };
    Rectangle { top_left: Point::new(x, y), size: Size::new(width, height) }
}

/// The column just right of a rectangle.
pub const fn right(area: &Rectangle) -> i32 {
    area.top_left.x + area.size.width as i32
}

/// The row just below a rectangle.
pub const fn bottom(area: &Rectangle) -> i32 {
    area.top_left.y + area.size.height as i32
}

/// The smallest rectangle that covers two others; an empty one counts for nothing.
pub fn union(one: &Rectangle, other: &Rectangle) -> Rectangle {
    if one.is_zero_sized() {
        return *other;
    }
    if other.is_zero_sized() {
        return *one;
    }
    let (x, y) = (one.top_left.x.min(other.top_left.x), one.top_left.y.min(other.top_left.y));
    rect(x, y, right(one).max(right(other)) - x, bottom(one).max(bottom(other)) - y)
}
