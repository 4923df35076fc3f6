//! The options that hold an answer to a grammar: `--grammar`, `--json-schema`, `--lazy`,
//! `--after-end`.

use crate::{
    args::{Args, ArgsError},
    error::CliError,
    host,
};
use llm_inference::{
    engine::Engine,
    grammar::{AfterEnd, Constraint, Grammar, GrammarError, TokenTrie, Trigger},
};
use std::path::PathBuf;

/// A grammar and where it begins and ends.
pub struct GrammarOptions {
    grammar: Grammar,
    /// The text after which it begins.
    marker: Option<String>,
    after_end: AfterEnd,
}

impl GrammarOptions {
    /// Takes the options from a command line, and compiles the grammar if one is named.
    pub fn from_args(args: &mut Args) -> Result<Option<Self>, CliError> {
        let gbnf: Option<PathBuf> = args.option("--grammar")?;
        let schema: Option<PathBuf> = args.option("--json-schema")?;
        let marker = args.option("--lazy")?;
        let after_end = match args.option::<String>("--after-end")?.as_deref() {
            None | Some("end-turn") => AfterEnd::EndTurn,
            Some("free") => AfterEnd::Free,
            Some("rearm") => AfterEnd::Rearm,
            Some(other) => {
                let problem = "expected end-turn, free or rearm".to_string();
                let value = other.to_string();
                return Err(ArgsError::BadValue { option: "--after-end", value, problem }.into());
            }
        };
        let grammar = match (gbnf, schema) {
            (None, None) if marker.is_some() => {
                return Err(ArgsError::MissingOption("--grammar or --json-schema").into());
            }
            (None, None) => return Ok(None),
            (Some(path), None) => compile(path, Grammar::from_gbnf)?,
            (None, Some(path)) => compile(path, Grammar::from_json_schema)?,
            (Some(_), Some(path)) => {
                let problem = "a grammar is given already".to_string();
                let value = path.display().to_string();
                return Err(ArgsError::BadValue { option: "--json-schema", value, problem }.into());
            }
        };
        Ok(Some(Self { grammar, marker, after_end }))
    }

    /// States of the grammar's automaton.
    pub fn states(&self) -> usize {
        self.grammar.states()
    }

    /// The constraint of one answer.
    pub fn constraint<'g>(&'g self, engine: &Engine<'_>, trie: &'g TokenTrie) -> Constraint<'g> {
        match &self.marker {
            None => Constraint::new(&self.grammar, trie),
            Some(marker) => {
                let trigger = Trigger::marker(engine, marker);
                Constraint::lazy(&self.grammar, trie, trigger, self.after_end)
            }
        }
    }
}

fn compile(
    path: PathBuf,
    compile: fn(&str) -> Result<Grammar, GrammarError>,
) -> Result<Grammar, CliError> {
    let text = String::from_utf8_lossy(&host::read(&path)?).into_owned();
    compile(&text).map_err(|error| CliError::Grammar { path, error })
}
