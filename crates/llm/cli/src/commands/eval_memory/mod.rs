//! `llm-cli eval-memory`: how well memories are found by meaning, by words, and by both.
//!
//! A case is a line of JSON: `fact`, a text to remember; `questions` that it alone answers, the first
//! in its words and the others in other words; `names`, questions by a name or a number alone. All
//! facts are remembered at once and every question is asked. Questions that nothing answers, lines
//! with a `question` each, show how scores tell that there is no answer.

mod cases;
mod tally;

use crate::{args::Args, error::CliError, host::ModelOptions};
use cases::{Cases, Manner, Question};
use llm_memory::{
    EngineEmbedder, TextEmbedder,
    bm25::Bm25,
    cosine,
    fuse::{About, Weights, fuse},
};
use serde::Serialize;
use std::{
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
};
use system_platform::pace::{self, Unpaced};
use tally::{Hits, Threshold, quartiles};

/// What is searched by.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Meaning,
    Words,
    Fused,
}

const WAYS: [Way; 3] = [Way::Meaning, Way::Words, Way::Fused];

/// Which questions are counted together; `None` takes all.
const GROUPS: [(&str, Option<Manner>); 4] = [
    ("all", None),
    ("own words", Some(Manner::OwnWords)),
    ("other words", Some(Manner::OtherWords)),
    ("name", Some(Manner::Name)),
];

/// The facts with what finds them.
struct Index {
    vectors: Vec<Vec<f32>>,
    words: Bm25,
}

/// What a question found in each of [`WAYS`].
struct Asked {
    /// At which place its fact was, from 0.
    places: [Option<usize>; 3],
    /// The score of the best, 0 where nothing was found.
    best: [f32; 3],
}

/// A line of `--json`: how a group of questions did.
#[derive(Serialize)]
struct GroupLine {
    group: &'static str,
    way: Way,
    #[serde(flatten)]
    hits: Hits,
}

/// A line of `--json`: what tells that there is an answer.
#[derive(Serialize)]
struct ThresholdLine {
    way: Way,
    #[serde(flatten)]
    threshold: Threshold,
}

impl Index {
    fn of(facts: &[String], embedder: &dyn TextEmbedder) -> Result<Self, CliError> {
        let mut index = Self { vectors: Vec::with_capacity(facts.len()), words: Bm25::new() };
        for (id, fact) in facts.iter().enumerate() {
            index.vectors.push(pace::run(embedder.embed(fact))?);
            index.words.insert(id as u64, fact);
        }
        Ok(index)
    }

    /// Looks for the answer to a question, which is `fact`, or nothing.
    fn ask(
        &self,
        question: &str,
        fact: Option<usize>,
        embedder: &dyn TextEmbedder,
    ) -> Result<Asked, CliError> {
        let vector = pace::run(embedder.embed(question))?;
        let numbered = self.vectors.iter().zip(0_u64..);
        let mut by_meaning: Vec<(u64, f32)> =
            numbered.map(|(other, id)| (id, cosine(other, &vector))).collect();
        let found = self.words.search(question, self.vectors.len(), None);
        let by_words: Vec<(u64, f32)> = found.iter().map(|it| (it.id, it.score)).collect();
        let about = |_| About { unix_s: None, importance: 0.5 };
        let all = self.vectors.len();
        let fused = fuse(&by_meaning, &by_words, None, &about, &Weights::default(), all);
        let fused: Vec<(u64, f32)> = fused.iter().map(|it| (it.id, it.relevance)).collect();
        by_meaning.sort_by(|(_, left), (_, right)| right.total_cmp(left));
        let rankings = [by_meaning, by_words, fused];
        let is_fact = |&(id, _): &(u64, f32)| fact == Some(id as usize);
        Ok(Asked {
            places: rankings.each_ref().map(|ranking| ranking.iter().position(is_fact)),
            best: rankings.each_ref().map(|ranking| ranking.first().map_or(0.0, |it| it.1)),
        })
    }
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let model: PathBuf = args.required("--embedding")?;
    let options = ModelOptions::for_model(model, &mut args)?;
    let path: PathBuf = args.required("--cases")?;
    let unanswered: Option<PathBuf> = args.option("--unanswered")?;
    let is_json = args.flag("--json");
    args.words(0)?;
    let cases = Cases::read(&path)?;
    let unanswered = match unanswered {
        Some(path) => cases::read_unanswered(&path)?,
        None => Vec::new(),
    };
    let host = options.open()?;
    let embedder = EngineEmbedder::new(host.load_embedder()?, Unpaced);
    let index = Index::of(&cases.facts, &embedder)?;
    let ask = |question: &Question| index.ask(&question.text, Some(question.fact), &embedder);
    let answered: Vec<Asked> = cases.questions.iter().map(ask).collect::<Result<_, _>>()?;
    let ask = |question: &String| index.ask(question, None, &embedder);
    let unanswered: Vec<Asked> = unanswered.iter().map(ask).collect::<Result<_, _>>()?;

    let mut out = stdout().lock();
    let is_of =
        |question: &Question, manner: Option<Manner>| manner.is_none() || question.manner == manner;
    for (group, manner) in GROUPS {
        let mut hits = [Hits::default(); 3];
        let pairs = cases.questions.iter().zip(&answered);
        for (_, asked) in pairs.filter(|(question, _)| is_of(question, manner)) {
            hits.iter_mut().zip(asked.places).for_each(|(hits, place)| hits.add(place));
        }
        if hits[0].questions > 0 {
            write_hits(&mut out, group, hits, is_json)?;
        }
    }
    if !unanswered.is_empty() {
        for (at, way) in WAYS.into_iter().enumerate() {
            let [answered, unanswered] = [&answered, &unanswered]
                .map(|asked| asked.iter().map(|it| it.best[at]).collect::<Vec<f32>>());
            write_scores(&mut out, way, &answered, &unanswered, is_json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_hits(
    out: &mut impl Write,
    group: &'static str,
    hits: [Hits; 3],
    is_json: bool,
) -> Result<(), CliError> {
    if !is_json {
        writeln!(out, "{group}, {} questions: right first, among three", hits[0].questions)?;
    }
    for (way, hits) in WAYS.into_iter().zip(hits) {
        if is_json {
            write_json(out, &GroupLine { group, way, hits })?;
        } else {
            let (top1, top3) = hits.percent();
            writeln!(out, "  {:8} {top1:5.1} % {top3:5.1} %", format!("{way:?}").to_lowercase())?;
        }
    }
    Ok(())
}

fn write_scores(
    out: &mut impl Write,
    way: Way,
    answered: &[f32],
    unanswered: &[f32],
    is_json: bool,
) -> Result<(), CliError> {
    let Some(threshold) = Threshold::of(answered, unanswered) else { return Ok(()) };
    if is_json {
        return write_json(out, &ThresholdLine { way, threshold });
    }
    let row = |scores| match quartiles(scores) {
        Some(quartiles) => quartiles.map(|score| format!("{score:5.2}")).join(" "),
        None => String::new(),
    };
    let Threshold { score, missed, invented } = threshold;
    writeln!(
        out,
        "best scores by {}: least, quarters, greatest\n  with an answer    {}\n  without an answer {}\n  \
         from {score:.2} on: {:.0} % of the answers missed, {:.0} % of the others taken for one",
        format!("{way:?}").to_lowercase(),
        row(answered),
        row(unanswered),
        missed * 100.0,
        invented * 100.0
    )?;
    Ok(())
}

fn write_json(out: &mut impl Write, line: &impl Serialize) -> Result<(), CliError> {
    let line = serde_json::to_string(line).expect("texts and numbers are JSON");
    Ok(writeln!(out, "{line}")?)
}
