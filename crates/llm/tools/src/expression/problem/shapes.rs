//! Areas, circumferences and volumes.

use super::told::Told;
use alloc::{format, string::String};

/// What is asked of a shape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Area,
    Around,
    Volume,
    Diagonal,
}

/// Things that are rectangles where two sides of them are told.
const RECTANGLES: [&str; 14] = [
    "rectangle",
    "rectangular",
    "room",
    "field",
    "garden",
    "floor",
    "wall",
    "table",
    "plot",
    "yard",
    "lawn",
    "carpet",
    "pitch",
    "screen",
];
const BOXES: [&str; 9] =
    ["box", "cuboid", "crate", "tank", "pool", "aquarium", "container", "block", "prism"];

pub fn expression(told: &Told) -> Option<String> {
    let measure = match () {
        () if told.says("volume") => Measure::Volume,
        () if told.any(&["perimeter", "circumference", "fence around"]) => Measure::Around,
        () if told.any(&["diagonal", "hypotenuse"]) => Measure::Diagonal,
        () if told.any(&["area", "surface", "square meters", "square metres", "square feet"]) => {
            Measure::Area
        }
        () => return None,
    };
    // The radius of a circle that is told by its diameter.
    let is_diameter = told.any(&["diameter", "diametre", "wide", "across"]);
    let radius = || match &told.quantities[..] {
        [length] if is_diameter => Some(format!("({length} / 2)")),
        [length] => Some(format!("{length}")),
        _ => None,
    };
    let is_round = told.any(&["circle", "circular", "round", "disc", "disk"]);
    match (measure, &told.quantities[..]) {
        (Measure::Area, _) if is_round => Some(format!("pi * {}^2", radius()?)),
        (Measure::Around, _) if is_round || told.says("circumference") => {
            Some(format!("2 * pi * {}", radius()?))
        }
        (Measure::Volume, _) if told.any(&["sphere", "ball"]) => {
            Some(format!("4 / 3 * pi * {}^3", radius()?))
        }
        (Measure::Area, _) if told.says("sphere") => Some(format!("4 * pi * {}^2", radius()?)),
        (Measure::Volume, [a, b]) if told.any(&["cylinder", "cone"]) => {
            let (radius, height) =
                if b.before().contains(" radius ") || b.before().contains(" diameter ") {
                    (b, a)
                } else {
                    (a, b)
                };
            let half = if is_diameter { " / 2" } else { "" };
            let third = if told.says("cone") { " / 3" } else { "" };
            Some(format!("pi * ({radius}{half})^2 * {height}{third}"))
        }
        (Measure::Volume, [side]) if told.says("cube") => Some(format!("{side}^3")),
        (Measure::Area, [side]) if told.says("cube") => Some(format!("6 * {side}^2")),
        (Measure::Volume, [a, b, c]) if told.any(&BOXES) => Some(format!("{a} * {b} * {c}")),
        (Measure::Area, [a, b]) if told.says("triangle") => Some(format!("{a} * {b} / 2")),
        (Measure::Around, [a, b, c]) if told.says("triangle") => Some(format!("{a} + {b} + {c}")),
        (Measure::Area, [side]) if told.says("square") => Some(format!("{side}^2")),
        (Measure::Around, [side]) if told.says("square") => Some(format!("4 * {side}")),
        (Measure::Diagonal, [side]) if told.says("square") => Some(format!("sqrt(2) * {side}")),
        (Measure::Diagonal, [a, b]) => Some(format!("sqrt({a}^2 + {b}^2)")),
        (Measure::Area, [a, b]) if told.any(&RECTANGLES) => Some(format!("{a} * {b}")),
        (Measure::Around, [a, b]) => Some(format!("2 * ({a} + {b})")),
        _ => None,
    }
}
