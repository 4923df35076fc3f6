//! The colours, and what each is for.

use console_graphics::Color;

use crate::view::{Pressure, Role};

/// Ground.
pub const BACKGROUND: Color = Color(0x0B0E13);
/// Cards.
pub const PANEL: Color = Color(0x12161D);
/// Chips and rows on cards.
pub const RAISED: Color = Color(0x181E27);
/// Borders and dividers.
pub const LINE: Color = Color(0x232B36);
/// Words.
pub const TEXT: Color = Color(0xD7DEE8);
/// Labels.
pub const DIM: Color = Color(0x8A95A5);
/// Facts beside them.
pub const FAINT: Color = Color(0x677285);
/// Focus, cursor, charts.
pub const ACCENT: Color = Color(0x5CC8D7);
/// The person.
pub const USER: Color = Color(0x7AB8FF);
/// The model.
pub const AGENT: Color = Color(0x7FE0B0);
/// Tools, and attention.
pub const TOOL: Color = Color(0xF2B866);
/// The system.
pub const SYSTEM: Color = Color(0xB9A1F5);
/// Errors.
pub const ERROR: Color = Color(0xFF7E79);

/// The colour of a role.
pub const fn role_color(role: Role) -> Color {
    match role {
        Role::User => USER,
        Role::Agent => AGENT,
        Role::System => SYSTEM,
        Role::Tool => TOOL,
        Role::Error => ERROR,
    }
}

/// The colour that a number takes under pressure.
pub const fn pressure_color(pressure: Pressure) -> Color {
    match pressure {
        Pressure::Calm => TEXT,
        Pressure::High => TOOL,
        Pressure::Critical => ERROR,
    }
}
