//! `cargo xtask bench-memory`: how fast the nearest of many vectors are found, beside faiss and
//! hnswlib if asked.
//!
//! `llm-cli bench-memory` draws vectors like those of texts and writes them to files. Ours and the
//! others read the same files, stay loaded as processes of their own, and take turns, round by
//! round, with one thread each: what else the machine does hits both. Of each few questions the
//! best round counts.

mod curve;
mod options;
mod peer;

pub use options::MemoryBenchOptions;

use crate::bench::worker::Worker;
use crate::error::Error;
use crate::{llm_cli, paths, process};
use curve::{Point, at_recall};
use serde_json::{Value, json};
use std::process::Command;

/// Numbers of candidates that walks through graphs keep.
const SWEEP: [usize; 9] = [12, 16, 24, 32, 48, 64, 96, 128, 192];

/// Recalls that both are compared at.
const RECALLS: [f64; 5] = [0.95, 0.96, 0.97, 0.98, 0.99];

/// Questions of a round that looks at every vector; it takes long enough.
const SCAN_QUERIES: usize = 100;

/// Questions that are timed together: a scan, a walk. All at once are timed as one.
const SLICES: [usize; 2] = [2, 20];

/// One way to search, and what came of it.
struct Run {
    title: &'static str,
    method: &'static str,
    ef: usize,
    /// Which field of the greeting tells of its index.
    index: &'static str,
    is_ours: bool,
    /// The least seconds of each slice of the questions.
    slices: Vec<f64>,
    best: Point,
}

impl Run {
    fn new(
        is_ours: bool,
        title: &'static str,
        index: &'static str,
        method: &'static str,
        ef: usize,
    ) -> Self {
        let best = Point { recall: 0.0, seconds: f64::INFINITY };
        Self { title, method, ef, index, is_ours, slices: Vec::new(), best }
    }
}

/// Measures and prints tables in Markdown.
///
/// # Errors
/// An engine that cannot be built, installed or started, or that fails.
pub fn run(options: &MemoryBenchOptions) -> Result<(), Error> {
    let ours = llm_cli::build()?;
    let python = options.has_peer.then(peer::python).transpose()?;
    let folder = paths::target().join("bench-memory");
    eprintln!("Drawing {} vectors ...", options.count);
    let mut make = Command::new(&ours);
    make.args(["bench-memory", "--make"]).arg(&folder);
    make.args(["--count", &options.count.to_string()]);
    process::run(make.args(["--queries", &options.queries.to_string()]))?;

    eprintln!("Building indexes ...");
    let mut command = Command::new(&ours);
    let mut engine = Worker::start({
        command.args(["bench-memory", "--serve"]).arg(&folder);
        command
    })?;
    let mut other = match &python {
        Some(python) => Some(Worker::start(peer::command(python, &folder)?)?),
        None => None,
    };
    let mut runs = scans(options.has_peer);
    runs.extend(walks(options.has_peer));
    // One more than counts: the first brings everything into memory.
    for round in 0..=options.rounds {
        eprint!("\rround {round} of {} ", options.rounds);
        for run in &mut runs {
            let worker = if run.is_ours { Some(&mut engine) } else { other.as_mut() };
            let Some(worker) = worker else { continue };
            measure(worker, run, options.queries, round > 0)?;
        }
    }
    eprintln!();
    let greetings = [Some(engine.greeting()), other.as_ref().map(Worker::greeting)];
    println!(
        "{} vectors of 384 elements, {}, one thread; {}the best of {} rounds for every few questions\n",
        options.count,
        greetings[0].and_then(|greeting| greeting["cpu"].as_str()).unwrap_or("unknown CPU"),
        greetings[1]
            .and_then(|greeting| greeting["versions"].as_str())
            .map(|versions| format!("{versions}; "))
            .unwrap_or_default(),
        options.rounds
    );
    println!("{}\n", scan_table(&runs, greetings));
    println!("{}\n", walk_table(&runs));
    if options.has_peer {
        println!("{}\n", equal_recall_table(&runs));
    }
    println!("{}", size_table(&runs, greetings));
    Ok(())
}

fn scans(has_peer: bool) -> Vec<Run> {
    let all = [
        Run::new(true, "ours", "flat", "flat", 0),
        Run::new(false, "faiss IndexFlatIP", "flat", "flat", 0),
        Run::new(false, "faiss 8-bit quantiser", "sq8", "sq8", 0),
        Run::new(true, "ours, all at once", "flat", "flat_batch", 0),
        Run::new(false, "faiss IndexFlatIP, all at once", "flat", "flat_batch", 0),
        Run::new(false, "faiss 8-bit quantiser, all at once", "sq8", "sq8_batch", 0),
    ];
    all.into_iter().filter(|run| run.is_ours || has_peer).collect()
}

fn walks(has_peer: bool) -> impl Iterator<Item = Run> {
    SWEEP.into_iter().flat_map(move |ef| {
        let ours = Run::new(true, "ours", "hnsw", "hnsw", ef);
        let other = has_peer.then(|| Run::new(false, "hnswlib", "hnsw", "hnsw", ef));
        [Some(ours), other].into_iter().flatten()
    })
}

/// Has the questions answered, and takes it into account if it counts.
fn measure(worker: &mut Worker, run: &mut Run, queries: usize, counts: bool) -> Result<(), Error> {
    let queries = if run.ef == 0 { queries.min(SCAN_QUERIES) } else { queries };
    let slice = match run.method {
        method if method.ends_with("_batch") => queries,
        "hnsw" => SLICES[1],
        _ => SLICES[0],
    };
    let request = json!({ "method": run.method, "ef": run.ef, "queries": queries, "slice": slice });
    let answer = worker.request(&request)?;
    let seconds: Option<Vec<f64>> =
        answer["seconds"].as_array().and_then(|all| all.iter().map(Value::as_f64).collect());
    match (seconds, answer["recall"].as_f64()) {
        (Some(seconds), Some(recall)) if seconds.len() == queries.div_ceil(slice) => {
            if counts {
                run.slices.resize(seconds.len(), f64::INFINITY);
                run.slices.iter_mut().zip(seconds).for_each(|(least, s)| *least = least.min(s));
                let seconds = run.slices.iter().sum::<f64>() / queries as f64;
                run.best = Point { seconds, recall };
            }
            Ok(())
        }
        _ => Err(worker.failed(format!("answered {answer}"))),
    }
}

fn table(heading: &str, rows: impl Iterator<Item = String>) -> String {
    let columns = heading.matches('|').count() - 2;
    let rule = format!("|---|{}", "--:|".repeat(columns));
    [heading.to_owned(), rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// Every vector is looked at. The last column is how many times as fast ours is, at the same kind
/// of question.
fn scan_table(runs: &[Run], greetings: [Option<&Value>; 2]) -> String {
    let is_batch = |run: &Run| run.method.ends_with("_batch");
    let rows = runs.iter().filter(|run| run.ef == 0).map(|run| {
        let ours = runs.iter().find(|ours| ours.is_ours && is_batch(ours) == is_batch(run));
        let ratio = ours.map_or(f64::NAN, |ours| run.best.seconds / ours.best.seconds);
        format!(
            "| {} | {:.3} | {:.0} | {:.4} | {} | {:.1} |",
            run.title,
            run.best.seconds * 1e3,
            1.0 / run.best.seconds,
            run.best.recall,
            megabytes(run, greetings),
            ratio
        )
    });
    let heading = "| scan | ms a query | queries a second | recall@10 | MB | ours is faster |";
    table(heading, rows)
}

fn walk_table(runs: &[Run]) -> String {
    let rows = SWEEP.into_iter().map(|ef| {
        let cells = [true, false].map(|is_ours| {
            match runs.iter().find(|run| run.ef == ef && run.is_ours == is_ours) {
                Some(Run { best, .. }) => format!(
                    "{:.1} | {:.0} | {:.4}",
                    best.seconds * 1e6,
                    1.0 / best.seconds,
                    best.recall
                ),
                None => "– | – | –".to_owned(),
            }
        });
        format!("| {ef} | {} |", cells.join(" | "))
    });
    let heading = "| ef | ours: µs a query | queries a second | recall@10 \
                   | hnswlib: µs a query | queries a second | recall@10 |";
    table(heading, rows)
}

fn equal_recall_table(runs: &[Run]) -> String {
    let curve = |is_ours: bool| -> Vec<Point> {
        let walks = runs.iter().filter(|run| run.ef > 0 && run.is_ours == is_ours);
        walks.map(|run| run.best).collect()
    };
    let (ours, other) = (curve(true), curve(false));
    let rows = RECALLS.into_iter().map(|recall| {
        let seconds = [at_recall(&ours, recall), at_recall(&other, recall)];
        let speed = seconds.map(|seconds| match seconds {
            Some(seconds) => format!("{:.0}", 1.0 / seconds),
            None => "–".to_owned(),
        });
        let ratio = match seconds {
            [Some(ours), Some(other)] => format!("{:.2}", other / ours),
            _ => "–".to_owned(),
        };
        format!("| {recall:.2} | {} | {ratio} |", speed.join(" | "))
    });
    let heading = "| at recall@10 | ours: queries a second | hnswlib | ratio |";
    table(heading, rows)
}

fn size_table(runs: &[Run], greetings: [Option<&Value>; 2]) -> String {
    let mut seen = Vec::new();
    let mut rows = Vec::new();
    for run in runs {
        if !seen.contains(&(run.is_ours, run.index)) {
            seen.push((run.is_ours, run.index));
            let greeting = greetings[usize::from(!run.is_ours)];
            let field = format!("{}_build_s", run.index);
            let build_s = greeting.and_then(|greeting| greeting[&field].as_f64());
            let kind = if run.index == "hnsw" { "graph" } else { "scan" };
            let build = build_s.map_or("–".to_owned(), |seconds| format!("{seconds:.1}"));
            rows.push(format!(
                "| {}, {kind} | {build} | {} |",
                run.title,
                megabytes(run, greetings)
            ));
        }
    }
    table("| index | build in s | MB |", rows.into_iter())
}

/// What the process grew by when the index was built.
fn megabytes(run: &Run, greetings: [Option<&Value>; 2]) -> String {
    let greeting = greetings[usize::from(!run.is_ours)];
    let bytes = greeting.and_then(|greeting| greeting[format!("{}_bytes", run.index)].as_f64());
    bytes.map_or("–".to_owned(), |bytes| format!("{:.0}", bytes / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_of(is_ours: bool, method: &'static str, ef: usize, seconds: f64, recall: f64) -> Run {
        let index = if ef > 0 { "hnsw" } else { "flat" };
        let title = if is_ours { "ours" } else { "theirs" };
        Run { best: Point { seconds, recall }, ..Run::new(is_ours, title, index, method, ef) }
    }

    #[test]
    fn tables_compare_like_with_like() {
        let runs = [
            run_of(true, "flat", 0, 0.5e-3, 0.999),
            run_of(false, "flat", 0, 6e-3, 1.0),
            run_of(true, "flat_batch", 0, 0.4e-3, 0.999),
            run_of(true, "hnsw", 12, 20e-6, 0.9),
            run_of(true, "hnsw", 16, 40e-6, 1.0),
            run_of(false, "hnsw", 12, 60e-6, 0.9),
            run_of(false, "hnsw", 16, 80e-6, 1.0),
        ];
        let ours = json!({ "flat_bytes": 64e6, "hnsw_bytes": 77e6, "hnsw_build_s": 20.0 });
        let theirs = json!({ "flat_bytes": 154e6, "hnsw_build_s": 95.25 });
        let greetings = [Some(&ours), Some(&theirs)];
        assert_eq!(
            scan_table(&runs, greetings),
            "| scan | ms a query | queries a second | recall@10 | MB | ours is faster |\n\
             |---|--:|--:|--:|--:|--:|\n\
             | ours | 0.500 | 2000 | 0.9990 | 64 | 1.0 |\n\
             | theirs | 6.000 | 167 | 1.0000 | 154 | 12.0 |\n\
             | ours | 0.400 | 2500 | 0.9990 | 64 | 1.0 |"
        );
        let walks = walk_table(&runs);
        let row = "| 12 | 20.0 | 50000 | 0.9000 | 60.0 | 16667 | 0.9000 |";
        assert!(walks.contains(row), "{walks}");
        assert!(walks.ends_with("| 192 | – | – | – | – | – | – |"), "{walks}");
        let equal = equal_recall_table(&runs);
        assert!(equal.contains("| 0.95 | 33333 | 14286 | 2.33 |"), "{equal}");
        let sizes = size_table(&runs, greetings);
        assert!(sizes.contains("| ours, graph | 20.0 | 77 |"), "{sizes}");
        assert!(sizes.ends_with("| theirs, graph | 95.2 | – |"), "{sizes}");
    }
}
