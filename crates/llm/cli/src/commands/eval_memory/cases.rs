//! Facts and questions to measure the search among memories with.

use crate::{error::CliError, host};
use serde::{Deserialize, de::DeserializeOwned};
use std::path::Path;

/// How a question asks for its fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// In its words.
    OwnWords,
    /// In others.
    OtherWords,
    /// By a name or a number alone.
    Name,
}

/// A question that one fact answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its words.
    pub text: String,
    /// Which fact answers.
    pub fact: usize,
    /// How it asks; `None` where the file does not tell.
    pub manner: Option<Manner>,
}

/// Facts and the questions that they answer.
#[derive(Debug, Default)]
pub struct Cases {
    /// What is remembered.
    pub facts: Vec<String>,
    /// What is asked.
    pub questions: Vec<Question>,
}

/// A line of a file of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    fact: String,
    /// The first in the words of the fact, the others in other words.
    questions: Vec<String>,
    /// By a name or a number alone.
    #[serde(default)]
    names: Vec<String>,
}

/// A line of a file of questions that nothing answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unanswered {
    question: String,
}

/// The fixture of an embedding model, of which the texts count.
#[derive(Deserialize)]
struct Fixture {
    facts: Vec<Text>,
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
struct Query {
    text: String,
    gold: usize,
}

impl Cases {
    /// Reads a file of cases, one in a line; one that ends in `.json` is an embedding model's fixture.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        if path.extension().is_some_and(|extension| extension == "json") {
            let parsed = serde_json::from_slice(&host::read(path)?);
            let fixture =
                parsed.map_err(|error| CliError::Fixture { path: path.to_path_buf(), error })?;
            return Ok(Self::of_fixture(fixture));
        }
        Ok(Self::of_lines(lines(path)?))
    }

    fn of_lines(cases: Vec<Case>) -> Self {
        let mut all = Self::default();
        for (fact, case) in cases.into_iter().enumerate() {
            let own_and_other = case.questions.into_iter().enumerate().map(|(index, text)| {
                (text, if index == 0 { Manner::OwnWords } else { Manner::OtherWords })
            });
            let names = case.names.into_iter().map(|text| (text, Manner::Name));
            all.facts.push(case.fact);
            all.questions.extend(own_and_other.chain(names).map(|(text, manner)| Question {
                text,
                fact,
                manner: Some(manner),
            }));
        }
        all
    }

    fn of_fixture(fixture: Fixture) -> Self {
        let question = |query: Query| Question { text: query.text, fact: query.gold, manner: None };
        Self {
            facts: fixture.facts.into_iter().map(|fact| fact.text).collect(),
            questions: fixture.queries.into_iter().map(question).collect(),
        }
    }
}

/// Reads questions that nothing answers, one in a line.
pub fn read_unanswered(path: &Path) -> Result<Vec<String>, CliError> {
    Ok(lines::<Unanswered>(path)?.into_iter().map(|line| line.question).collect())
}

/// The lines of a file that are not empty, each of which is JSON.
fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, CliError> {
    let text = String::from_utf8_lossy(&host::read(path)?).into_owned();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|error| CliError::Fixture { path: path.to_path_buf(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_question_of_a_line_has_its_words_and_the_others_have_not() {
        let line = r#"{"fact": "F", "questions": ["a", "b", "c"], "names": ["d"]}"#;
        let plain = r#"{"fact": "G", "questions": ["e"]}"#;
        let parsed = [line, plain].map(|line| serde_json::from_str(line).expect("it is a case"));
        let cases = Cases::of_lines(parsed.into());
        assert_eq!(cases.facts, ["F", "G"]);
        let found: Vec<_> =
            cases.questions.iter().map(|it| (it.text.as_str(), it.fact, it.manner)).collect();
        let expected = [
            ("a", 0, Some(Manner::OwnWords)),
            ("b", 0, Some(Manner::OtherWords)),
            ("c", 0, Some(Manner::OtherWords)),
            ("d", 0, Some(Manner::Name)),
            ("e", 1, Some(Manner::OwnWords)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_fixture_of_an_embedding_model_has_cases_too() {
        let text = r#"{"facts": [{"text": "F", "ids": [1]}, {"text": "G", "ids": []}],
            "queries": [{"text": "q", "gold": 1, "top5": [1, 0]}], "top1": 0.95}"#;
        let cases = Cases::of_fixture(serde_json::from_str(text).expect("it is a fixture"));
        assert_eq!(cases.facts, ["F", "G"]);
        assert_eq!(cases.questions, [Question { text: "q".into(), fact: 1, manner: None }]);
    }
}
