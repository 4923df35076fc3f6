//! Paths: names separated by `/`, from the root.

use super::FatError;
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// The names of a path, with `.`, `..` and empty ones resolved; none for the root.
///
/// # Errors
/// It leads out of the tree.
pub fn parse(path: &str) -> Result<Vec<&str>, FatError> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                if names.pop().is_none() {
                    return Err(FatError::OutOfTree { path: path.to_owned() });
                }
            }
            name => names.push(name),
        }
    }
    Ok(names)
}

/// The path again, as errors show it.
pub(super) fn join(names: &[&str]) -> String {
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved_and_cannot_leave_the_tree() {
        assert_eq!(parse("/a//b/./c/../d/").unwrap(), ["a", "b", "d"]);
        assert!(parse("/").unwrap().is_empty());
        assert_eq!(parse("a/../../b"), Err(FatError::OutOfTree { path: "a/../../b".into() }));
    }
}
