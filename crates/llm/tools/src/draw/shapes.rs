//! Pictures out of the tool's arguments: `circle 50 50 20 red; line 0 0 100 100; house`.
//!
//! A shape is its name, its numbers, and a colour if it has one. Numbers may be left out where a
//! size in the middle of the canvas will do.

use super::{DrawingError, figures};
use crate::{
    facility::{Shape, ShapeKind},
    nearest::nearest,
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// Colours that can be named.
pub const COLORS: [&str; 18] = [
    "red",
    "green",
    "blue",
    "yellow",
    "orange",
    "purple",
    "pink",
    "brown",
    "black",
    "white",
    "gray",
    "grey",
    "cyan",
    "magenta",
    "violet",
    "turquoise",
    "gold",
    "silver",
];
/// Shapes besides the figures.
pub const BASIC: [&str; 6] = ["circle", "line", "polygon", "rectangle", "square", "triangle"];
/// How large a figure is when nobody says, in units.
pub const DEFAULT_SIZE: f32 = 60.0;
/// The most shapes of one text.
const MOST_SHAPES: usize = 64;
/// How far numbers may lie outside of the canvas.
const REACH: f32 = 1000.0;

/// Shapes, and what they are in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// From the back to the front.
    pub shapes: Vec<Shape>,
    /// "a red circle and a house".
    pub description: String,
}

/// Reads a picture.
pub fn parse(text: &str) -> Result<Picture, DrawingError> {
    let parts: Vec<&str> =
        text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err(DrawingError::NoShapes);
    }
    if parts.len() > MOST_SHAPES {
        return Err(DrawingError::TooMany { what: "shapes", most: MOST_SHAPES });
    }
    let mut shapes = Vec::new();
    let mut names = Vec::new();
    for part in parts {
        names.push(add(part, &mut shapes)?);
    }
    Ok(Picture { shapes, description: description(&names) })
}

/// Adds one shape or figure; returns what it is: "a red circle".
fn add(part: &str, shapes: &mut Vec<Shape>) -> Result<String, DrawingError> {
    let lower = part.to_lowercase();
    let mut words =
        lower.split(|c: char| c.is_whitespace() || ",()=".contains(c)).filter(|it| !it.is_empty());
    let written = words.next().unwrap_or_default();
    let name = match written {
        "rect" | "box" => "rectangle",
        other => other,
    };
    let mut numbers = Vec::new();
    let mut color = "";
    let bad = || DrawingError::BadShape { text: part.to_owned(), expected: usage(name) };
    for word in words {
        match (word.parse::<f32>(), COLORS.iter().find(|color| **color == word)) {
            (Ok(number), _) if number.abs() <= REACH => numbers.push(number),
            (_, Some(found)) => color = found,
            _ if is_known(name) => return Err(bad()),
            _ => {}
        }
    }
    if let Some(source) = figures::source(name) {
        let [x, y, size] = placed(&numbers).ok_or_else(bad)?;
        shapes.extend(figure(source, color, (x, y), size));
    } else if BASIC.contains(&name) {
        let kind = basic(name, &numbers).ok_or_else(bad)?;
        shapes.push(Shape { kind, color: color.to_owned() });
    } else {
        let known = BASIC.into_iter().chain(figures::names());
        return Err(DrawingError::UnknownShape {
            name: written.to_owned(),
            nearest: nearest(name, known),
        });
    }
    let what = if color.is_empty() { name.to_owned() } else { format!("{color} {name}") };
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    Ok(format!("{article} {what}"))
}

fn is_known(name: &str) -> bool {
    BASIC.contains(&name) || figures::source(name).is_some()
}

fn usage(name: &str) -> &'static str {
    match name {
        "circle" => "circle X Y RADIUS COLOUR",
        "line" => "line X1 Y1 X2 Y2 COLOUR",
        "polygon" => "polygon X1 Y1 X2 Y2 X3 Y3 ... COLOUR",
        "rectangle" => "rectangle X Y WIDTH HEIGHT COLOUR",
        _ => "NAME X Y SIZE COLOUR",
    }
}

/// Centre and size.
fn placed(numbers: &[f32]) -> Option<[f32; 3]> {
    match numbers {
        [] => Some([50.0, 50.0, DEFAULT_SIZE]),
        [x, y] => Some([*x, *y, DEFAULT_SIZE]),
        [x, y, size] if *size > 0.0 => Some([*x, *y, *size]),
        _ => None,
    }
}

fn basic(name: &str, numbers: &[f32]) -> Option<ShapeKind> {
    Some(match (name, numbers) {
        ("circle", [x, y, radius]) if *radius > 0.0 => {
            ShapeKind::Circle { center: (*x, *y), radius: *radius }
        }
        ("circle", [] | [_, _]) => {
            let [x, y, size] = placed(numbers)?;
            ShapeKind::Circle { center: (x, y), radius: size / 2.0 }
        }
        ("line", [x1, y1, x2, y2]) => ShapeKind::Line { from: (*x1, *y1), to: (*x2, *y2) },
        ("line", []) => ShapeKind::Line { from: (10.0, 50.0), to: (90.0, 50.0) },
        ("polygon" | "triangle", points) if points.len() >= 6 && points.len() % 2 == 0 => {
            ShapeKind::Polygon { points: points.chunks(2).map(|it| (it[0], it[1])).collect() }
        }
        ("rectangle", [x, y, width, height]) => rectangle(*x, *y, *width, *height),
        ("rectangle", []) => rectangle(15.0, 30.0, 70.0, 40.0),
        ("square", numbers) => {
            let [x, y, size] = placed(numbers)?;
            rectangle(x - size / 2.0, y - size / 2.0, size, size)
        }
        ("triangle", numbers) => {
            let [x, y, size] = placed(numbers)?;
            let half = size / 2.0;
            let points = [(x, y - half), (x + half, y + half), (x - half, y + half)];
            ShapeKind::Polygon { points: points.into() }
        }
        _ => return None,
    })
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> ShapeKind {
    let (right, bottom) = (x + width, y + height);
    ShapeKind::Polygon { points: [(x, y), (right, y), (right, bottom), (x, bottom)].into() }
}

/// The shapes of a figure, moved and sized. A colour takes the place of that of its first part.
fn figure(source: &str, color: &str, center: (f32, f32), size: f32) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for part in source.split(';') {
        // A figure is made of basic shapes only: the tests read all of them.
        let _ = add(part.trim(), &mut shapes);
    }
    if let Some(first) = shapes.first_mut().filter(|_| !color.is_empty()) {
        first.color = color.to_owned();
    }
    let scale = size / 100.0;
    let place = |(x, y): (f32, f32)| (center.0 + (x - 50.0) * scale, center.1 + (y - 50.0) * scale);
    for shape in &mut shapes {
        match &mut shape.kind {
            ShapeKind::Circle { center, radius } => {
                *center = place(*center);
                *radius *= scale;
            }
            ShapeKind::Polygon { points } => points.iter_mut().for_each(|it| *it = place(*it)),
            ShapeKind::Line { from, to } => (*from, *to) = (place(*from), place(*to)),
        }
    }
    shapes
}

/// The names in words, those of many as their number.
fn description(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] if names.len() <= 6 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} shapes", names.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn shapes_are_read_with_and_without_numbers() {
        let circle = |center, radius, color: &str| Shape {
            kind: ShapeKind::Circle { center, radius },
            color: color.into(),
        };
        let picture = parse("circle 50 50 20 red; Line 0,0 100,100").unwrap();
        let line = ShapeKind::Line { from: (0.0, 0.0), to: (100.0, 100.0) };
        let line = Shape { kind: line, color: String::new() };
        assert_eq!(picture.shapes, [circle((50.0, 50.0), 20.0, "red"), line]);
        assert_eq!(picture.description, "a red circle and a line");
        assert_eq!(parse("circle blue").unwrap().shapes, [circle((50.0, 50.0), 30.0, "blue")]);
        let square = parse("square 50 50 20").unwrap().shapes.remove(0);
        let rectangle = parse("rect 40 40 20 20").unwrap().shapes.remove(0);
        assert_eq!(square, rectangle);
        assert_eq!(parse("orange star").unwrap_err().to_string(), {
            "there is no shape \"orange\"; there are circle, line, polygon, rectangle, square, \
             triangle, and figures such as house"
        });
    }

    #[test]
    fn every_figure_fits_the_place_it_is_given() {
        for name in figures::names() {
            let source = figures::source(name).unwrap();
            let mut shapes = Vec::new();
            for part in source.split(';') {
                add(part.trim(), &mut shapes).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            let picture = parse(&format!("{name} 30 70 40 green")).unwrap();
            assert_eq!(picture.shapes.len(), shapes.len(), "{name}");
            assert_eq!(picture.shapes[0].color, "green", "{name}");
            let inside =
                |(x, y): (f32, f32)| (9.9..=50.1).contains(&x) && (49.9..=90.1).contains(&y);
            for shape in &picture.shapes {
                let fits = match &shape.kind {
                    ShapeKind::Circle { center: (x, y), radius } => {
                        inside((x - radius, y - radius)) && inside((x + radius, y + radius))
                    }
                    ShapeKind::Polygon { points } => points.iter().all(|it| inside(*it)),
                    ShapeKind::Line { from, to } => inside(*from) && inside(*to),
                };
                assert!(fits, "{name}: {shape:?}");
            }
        }
    }

    #[test]
    fn what_no_canvas_shows_is_named() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(error(" ; "), "a picture needs shapes");
        assert_eq!(error("circel 1 2 3"), "there is no shape \"circel\"; did you mean \"circle\"?");
        assert_eq!(
            error("line 5 5"),
            "\"line 5 5\" is not a shape; expected line X1 Y1 X2 Y2 COLOUR"
        );
        assert!(error("circle 50 50 -1").ends_with("expected circle X Y RADIUS COLOUR"));
        assert!(error("house 1e9").ends_with("expected NAME X Y SIZE COLOUR"));
        assert!(error("circle mauve").starts_with("\"circle mauve\" is not a shape"));
        assert_eq!(error(&"star;".repeat(65)), "too many shapes; at most 64 are shown");
    }

    proptest! {
        #[test]
        fn any_text_is_a_picture_or_an_error(text in "([a-z ]{0,8}|circle|house|square|-?[0-9]{1,4}|red|[ ,;.]){0,12}") {
            let _ = parse(&text);
        }
    }
}
