//! Pictures out of a person's request: "two red cars under a small sun".

use super::{
    figures,
    shapes::{BASIC, COLORS, DEFAULT_SIZE},
};
use alloc::{format, string::String, vec::Vec};
use serde_json::{Value, json};

/// The most things that are put side by side.
const MOST: usize = 12;

/// The arguments of the picture that a request asks for; `None` if it names nothing that can be
/// drawn.
pub fn reading(request: &str) -> Option<Value> {
    let things = things(request);
    if things.is_empty() {
        return None;
    }
    let count = things.len();
    let shapes: Vec<String> =
        things.iter().enumerate().map(|(index, thing)| thing.placed(index, count)).collect();
    Some(json!({"kind": "shapes", "shapes": shapes.join("; ")}))
}

/// Something to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Thing {
    name: &'static str,
    color: &'static str,
    /// Part of the usual size.
    scale: f32,
    /// Numbers behind its name.
    numbers: Vec<f32>,
}

impl Thing {
    /// It as the tool's arguments are written; several stand side by side.
    fn placed(&self, index: usize, count: usize) -> String {
        let mut text = String::from(self.name);
        let mut add = |number: f32| text.push_str(&format!(" {}", libm::roundf(number)));
        let room = 100.0 / count as f32;
        let size = (DEFAULT_SIZE * self.scale).min(95.0).min(room * 0.9 * self.scale.min(1.0));
        let center = room * (index as f32 + 0.5);
        match (self.name, &self.numbers[..]) {
            ("line", numbers @ [_, _, _, _])
            | ("rectangle", numbers @ [_, _, _, _])
            | ("circle", numbers @ [_, _, _]) => numbers.iter().for_each(|it| add(*it)),
            ("circle", [radius]) if count == 1 => [50.0, 50.0, *radius].into_iter().for_each(add),
            (_, numbers @ [_, _, size]) if *size > 0.0 && self.name != "line" => {
                numbers.iter().for_each(|it| add(*it));
            }
            _ if count == 1 && self.scale == 1.0 => {}
            ("line", _) => {
                [center - size / 2.0, 50.0, center + size / 2.0, 50.0].into_iter().for_each(add);
            }
            ("rectangle", _) => {
                [center - size / 2.0, 50.0 - size / 3.0, size, size / 1.5]
                    .into_iter()
                    .for_each(add);
            }
            ("circle", _) => [center, 50.0, size / 2.0].into_iter().for_each(add),
            _ => [center, 50.0, size].into_iter().for_each(add),
        }
        if !self.color.is_empty() {
            text.push(' ');
            text.push_str(self.color);
        }
        text
    }
}

/// Everything in a request that can be drawn, in its order.
fn things(request: &str) -> Vec<Thing> {
    let lower = request.to_lowercase();
    let mut things: Vec<Thing> = Vec::new();
    let mut count = 1;
    let (mut color, mut scale) = ("", 1.0);
    let is_part = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let words: Vec<&str> = lower.split(|c: char| !is_part(c)).map(trimmed).collect();
    for (index, word) in words.iter().enumerate() {
        if word.is_empty() {
            continue;
        }
        if let Some(found) = COLORS.iter().find(|it| **it == *word) {
            // "a circle in red": a colour behind the name, if none stands before it.
            let is_behind =
                index > 0 && ["in", "is", "coloured", "colored"].contains(&words[index - 1]);
            match things.last_mut() {
                Some(last) if is_behind && last.color.is_empty() => last.color = found,
                _ => color = found,
            }
        } else if let Some(name) = name(word) {
            let is_same = word == &"face" && things.last().is_some_and(|it| it.name == "smiley");
            if !is_same {
                let thing = Thing { name, color, scale, numbers: Vec::new() };
                let room = MOST.saturating_sub(things.len());
                things.extend(core::iter::repeat_n(thing, count.min(room)));
            }
            (color, scale, count) = ("", 1.0, 1);
        } else if let Some(number) = number_word(word) {
            count = number;
        } else if let Ok(number) = word.parse::<f32>() {
            let next = words.get(index + 1).copied().unwrap_or_default();
            let is_count = number >= 1.0 && number <= MOST as f32;
            if is_count && (name(next).is_some() || COLORS.contains(&next)) {
                count = number as usize;
            } else if number.abs() <= 100.0 {
                things.iter_mut().rev().take(1).for_each(|last| last.numbers.push(number));
            }
        } else if ["big", "large", "huge", "giant"].contains(word) {
            scale = 1.5;
        } else if ["small", "little", "tiny"].contains(word) {
            scale = 0.5;
        }
    }
    things
}

fn trimmed(word: &str) -> &str {
    word.trim_end_matches(['.', '-'])
}

/// The shape or figure that a word means, in singular or plural.
fn name(word: &str) -> Option<&'static str> {
    const SYNONYMS: [(&str, &str); 28] = [
        ("rect", "rectangle"),
        ("box", "square"),
        ("boxes", "square"),
        ("dot", "circle"),
        ("disc", "circle"),
        ("disk", "circle"),
        ("ball", "circle"),
        ("ring", "circle"),
        ("face", "smiley"),
        ("smile", "smiley"),
        ("emoji", "smiley"),
        ("man", "person"),
        ("woman", "person"),
        ("stickman", "person"),
        ("figure", "person"),
        ("ship", "boat"),
        ("sailboat", "boat"),
        ("kitten", "cat"),
        ("kitty", "cat"),
        ("crescent", "moon"),
        ("home", "house"),
        ("building", "house"),
        ("cottage", "house"),
        ("hill", "mountain"),
        ("fishes", "fish"),
        ("rose", "flower"),
        ("tulip", "flower"),
        ("spaceship", "rocket"),
    ];
    let known = |word: &str| {
        let synonym = SYNONYMS.iter().find(|(name, _)| *name == word).map(|(_, name)| *name);
        synonym.or_else(|| BASIC.into_iter().chain(figures::names()).find(|name| *name == word))
    };
    // A polygon needs its corners.
    known(word).or_else(|| known(word.strip_suffix('s')?)).filter(|name| *name != "polygon")
}

fn number_word(word: &str) -> Option<usize> {
    let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    words.iter().position(|it| *it == word).map(|index| index + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read_out_of_requests() {
        for (request, shapes) in [
            ("draw a red circle", "circle red"),
            ("sketch a house", "house"),
            ("Draw a smiley face.", "smiley"),
            ("Please draw a big yellow star", "star 50 50 90 yellow"),
            ("draw a small blue square", "square 50 50 30 blue"),
            ("Draw a circle in green", "circle green"),
            ("draw a line from 10 20 to 80 90", "line 10 20 80 90"),
            ("a circle with radius 12", "circle 50 50 12"),
            ("Can you draw a car and a tree?", "car 25 50 45; tree 75 50 45"),
            (
                "draw three red dots",
                "circle 17 50 15 red; circle 50 50 15 red; circle 83 50 15 red",
            ),
            ("draw 2 boats", "boat 25 50 45; boat 75 50 45"),
            ("Draw me a heart", "heart"),
            ("paint a kitten", "cat"),
        ] {
            let expected = json!({"kind": "shapes", "shapes": shapes});
            assert_eq!(reading(request), Some(expected), "{request}");
        }
        for request in ["draw something nice", "What is 2 + 2?", ""] {
            assert_eq!(reading(request), None, "{request}");
        }
    }

    #[test]
    fn a_crowd_is_bounded() {
        let shapes = reading("draw ten stars and ten hearts").unwrap();
        assert_eq!(shapes["shapes"].as_str().unwrap().matches(';').count(), MOST - 1);
    }
}
