//! The keyboard layouts that can be chosen, by name.

use core::fmt;
use pc_keyboard::layouts::{
    AnyLayout, Azerty, Colemak, DVP104Key, De105Key, Dvorak104Key, FiSe105Key, Jis109Key, No105Key,
    Uk105Key, Us104Key,
};

/// One layout.
pub struct Layout {
    /// The name it is chosen by.
    pub name: &'static str,
    /// Other names it is known by.
    pub aliases: &'static [&'static str],
    /// What it is, in words.
    pub description: &'static str,
    /// The table.
    pub(crate) map: AnyLayout,
}

/// All layouts, the default first.
pub static LAYOUTS: [Layout; 10] = [
    layout("us", &["en"], "English, United States", AnyLayout::Us104Key(Us104Key)),
    layout("uk", &["gb"], "English, United Kingdom", AnyLayout::Uk105Key(Uk105Key)),
    layout("de", &["qwertz"], "German", AnyLayout::De105Key(De105Key)),
    layout("fr", &["azerty"], "French", AnyLayout::Azerty(Azerty)),
    layout("fi", &["se"], "Finnish and Swedish", AnyLayout::FiSe105Key(FiSe105Key)),
    layout("no", &[], "Norwegian", AnyLayout::No105Key(No105Key)),
    layout("jp", &["jis"], "Japanese, Latin letters", AnyLayout::Jis109Key(Jis109Key)),
    layout("colemak", &[], "Colemak", AnyLayout::Colemak(Colemak)),
    layout("dvorak", &[], "Dvorak", AnyLayout::Dvorak104Key(Dvorak104Key)),
    layout("dvp", &["programmer-dvorak"], "Programmer Dvorak", AnyLayout::DVP104Key(DVP104Key)),
];

const fn layout(
    name: &'static str,
    aliases: &'static [&'static str],
    description: &'static str,
    map: AnyLayout,
) -> Layout {
    Layout { name, aliases, description, map }
}

/// The names of all layouts.
pub fn layouts() -> impl Iterator<Item = &'static str> {
    LAYOUTS.iter().map(|layout| layout.name)
}

/// The layout with a name or alias, in small or capital letters.
///
/// # Errors
/// [`UnknownLayout`], which displays as the list of names there are.
pub(crate) fn find(name: &str) -> Result<&'static Layout, UnknownLayout> {
    let is_it = |candidate: &str| candidate.eq_ignore_ascii_case(name);
    LAYOUTS
        .iter()
        .find(|layout| is_it(layout.name) || layout.aliases.iter().any(|alias| is_it(alias)))
        .ok_or(UnknownLayout)
}

/// There is no layout with the name given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLayout;

impl fmt::Display for UnknownLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown keyboard layout; there are")?;
        for (index, name) in layouts().enumerate() {
            write!(f, "{} {name}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownLayout {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, string::ToString};

    #[test]
    fn every_name_and_alias_is_unique_and_found() {
        let mut seen = BTreeSet::new();
        for layout in &LAYOUTS {
            for name in core::iter::once(&layout.name).chain(layout.aliases) {
                assert!(seen.insert(*name), "{name} twice");
                assert_eq!(find(name).unwrap().name, layout.name);
                assert_eq!(find(&name.to_uppercase()).unwrap().name, layout.name);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = find("klingon").err().unwrap().to_string();
        assert_eq!(
            error,
            "unknown keyboard layout; there are us, uk, de, fr, fi, no, jp, colemak, dvorak, dvp"
        );
    }
}
