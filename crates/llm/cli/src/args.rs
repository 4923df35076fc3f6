//! Command lines: `--name value` options, `--name` flags, and what is left.

use std::{fmt, str::FromStr};

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgsError {
    /// An option without its value.
    MissingValue(String),
    /// An option that must be there and is not.
    MissingOption(&'static str),
    /// A value of the wrong form.
    BadValue {
        /// The option.
        option: &'static str,
        /// The value.
        value: String,
        /// Why it is no good.
        problem: String,
    },
    /// Something that no command knows.
    Unexpected(String),
}

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingValue(option) => write!(f, "{option} needs a value"),
            Self::MissingOption(option) => write!(f, "{option} is missing"),
            Self::BadValue { option, value, problem } => write!(f, "{option} {value}: {problem}"),
            Self::Unexpected(argument) => write!(f, "unknown argument {argument}"),
        }
    }
}

impl std::error::Error for ArgsError {}

/// The arguments not yet taken.
#[derive(Clone, Debug)]
pub struct Args {
    rest: Vec<String>,
}

impl Args {
    /// Arguments after the name of the command.
    pub fn new(rest: impl IntoIterator<Item = String>) -> Self {
        Self { rest: rest.into_iter().collect() }
    }

    /// Takes a flag; whether it was there.
    pub fn flag(&mut self, name: &'static str) -> bool {
        let place = self.rest.iter().position(|argument| argument == name);
        if let Some(place) = place {
            self.rest.remove(place);
        }
        place.is_some()
    }

    /// Takes an option with its value, if it is there.
    pub fn option<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, ArgsError> {
        let Some(place) = self.rest.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        if place + 1 == self.rest.len() {
            return Err(ArgsError::MissingValue(name.to_string()));
        }
        let value = self.rest.remove(place + 1);
        self.rest.remove(place);
        match value.parse() {
            Ok(parsed) => Ok(Some(parsed)),
            Err(problem) => {
                Err(ArgsError::BadValue { option: name, value, problem: problem.to_string() })
            }
        }
    }

    /// Takes an option that must be there.
    pub fn required<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<T, ArgsError> {
        self.option(name)?.ok_or(ArgsError::MissingOption(name))
    }

    /// What is left when all options have been taken: at most `limit` words that are no options.
    pub fn words(self, limit: usize) -> Result<Vec<String>, ArgsError> {
        let is_option = |argument: &&String| argument.starts_with("--");
        match self.rest.iter().find(is_option).or(self.rest.get(limit)) {
            Some(unexpected) => Err(ArgsError::Unexpected(unexpected.clone())),
            None => Ok(self.rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_string))
    }

    #[test]
    fn takes_options_in_any_order_and_leaves_the_words() {
        let mut args = args("hello --threads 2 --json world");
        assert!(args.flag("--json"));
        assert!(!args.flag("--json"));
        assert_eq!(args.option::<usize>("--threads"), Ok(Some(2)));
        assert_eq!(args.option::<usize>("--prompt"), Ok(None));
        assert_eq!(args.words(2), Ok(vec!["hello".to_string(), "world".to_string()]));
    }

    #[test]
    fn names_what_is_wrong() {
        let bad = args("--threads two").option::<usize>("--threads");
        assert!(matches!(bad, Err(ArgsError::BadValue { option: "--threads", .. })));
        let missing = args("--threads").option::<usize>("--threads");
        assert_eq!(missing, Err(ArgsError::MissingValue("--threads".to_string())));
        assert_eq!(args("").required::<usize>("--n"), Err(ArgsError::MissingOption("--n")));
        let unknown = Err(ArgsError::Unexpected("--what".to_string()));
        assert_eq!(args("a --what").words(9), unknown);
        assert_eq!(args("a b").words(1), Err(ArgsError::Unexpected("b".to_string())));
    }
}
