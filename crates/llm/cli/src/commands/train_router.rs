//! `llm-cli train-router`: the weights of the agent's router from requests by tool.
//!
//! `--training DIR` has a file `TOOL.txt` for every tool, and `none.txt`, with a request on each
//! line. The embedding model makes their vectors; [`crate::softmax`] finds the weights. `--folds N`
//! measures the accuracy on requests that were held out, each request once.

use crate::{
    args::{Args, ArgsError},
    error::CliError,
    host::{self, ModelOptions},
    medoids::medoids,
    softmax::{Example, Trained, train},
};
use llm_inference::embedding::Embedder;
use llm_tools::colloquial::plain;
use llm_tools::router::{Class, Classifier, Medoid, NONE, word_features};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use system_platform::pace::{self, Unpaced};

/// Medoids of each tool; requests that no tool answers are of more kinds.
const MEDOIDS: usize = 8;
/// Medoids of the class of no tool.
const MEDOIDS_OF_NONE: usize = 24;

/// The requests of a folder.
struct Requests {
    classes: Vec<String>,
    texts: Vec<String>,
    /// Index of each request's class.
    labels: Vec<usize>,
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let training: PathBuf = args.required("--training")?;
    let folds: Option<usize> = args.option("--folds")?;
    let out = args.words(1)?.pop();
    if out.is_none() && folds.is_none() {
        return Err(ArgsError::MissingOption("OUT.bin").into());
    }
    let requests = Requests::read(&training)?;
    let host = options.open()?;
    let mut embedder = host.load_embedder()?;
    let examples = requests.examples(&mut embedder)?;
    let classes = requests.classes.len();
    if let Some(folds) = folds {
        report(&requests, &cross_validate(&examples, classes, folds.max(2)));
    }
    let Some(path) = out.map(PathBuf::from) else {
        return Ok(ExitCode::SUCCESS);
    };
    let trained = train(&examples, classes);
    let right = examples.iter().filter(|example| trained.class_of(example) == example.label);
    println!("{} of {} training requests", right.count(), examples.len());
    let classifier = classifier(&requests, &examples, trained);
    let bytes = classifier.to_bytes();
    fs::write(&path, &bytes).map_err(|error| CliError::File { path: path.clone(), error })?;
    println!("{} bytes in {}", bytes.len(), path.display());
    Ok(ExitCode::SUCCESS)
}

impl Requests {
    fn read(folder: &Path) -> Result<Self, CliError> {
        let entries = fs::read_dir(folder)
            .map_err(|error| CliError::File { path: folder.to_path_buf(), error })?;
        let mut files = BTreeMap::new();
        for entry in entries {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).map(String::from);
            if let Some(class) = stem.filter(|_| path.extension().is_some_and(|it| it == "txt")) {
                files.insert(class, path);
            }
        }
        let mut requests = Self { classes: Vec::new(), texts: Vec::new(), labels: Vec::new() };
        for (label, (class, path)) in files.into_iter().enumerate() {
            let text = String::from_utf8_lossy(&host::read(&path)?).into_owned();
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            requests.texts.extend(lines.map(|line| plain(line).into_owned()));
            requests.labels.resize(requests.texts.len(), label);
            requests.classes.push(class);
        }
        Ok(requests)
    }

    fn examples(&self, embedder: &mut Embedder<'_>) -> Result<Vec<Example>, CliError> {
        let requests = self.texts.iter().zip(&self.labels);
        let example = |(text, &label): (&String, &usize)| {
            let vector = pace::run(embedder.embed(text, &Unpaced))?;
            Ok(Example::new(vector, &word_features(text), label))
        };
        requests.map(example).collect()
    }
}

/// The class that each example gets from weights that were trained without it.
fn cross_validate(examples: &[Example], classes: usize, folds: usize) -> Vec<usize> {
    let mut found = vec![0; examples.len()];
    for fold in 0..folds {
        // Neighbouring lines are alike: every `folds`-th is held out.
        let is_held_out = |index: usize| index % folds == fold;
        let kept: Vec<Example> = examples
            .iter()
            .enumerate()
            .filter(|(index, _)| !is_held_out(*index))
            .map(|(_, example)| example.clone())
            .collect();
        let trained = train(&kept, classes);
        for (index, example) in examples.iter().enumerate() {
            if is_held_out(index) {
                found[index] = trained.class_of(example);
            }
        }
    }
    found
}

fn report(requests: &Requests, found: &[usize]) {
    let mut right = 0;
    for (label, class) in requests.classes.iter().enumerate() {
        let of_class = || (0..found.len()).filter(|&index| requests.labels[index] == label);
        let hits = of_class().filter(|&index| found[index] == label).count();
        right += hits;
        println!("{class:<16} {hits:>4} of {:>4}", of_class().count());
        for index in of_class().filter(|&index| found[index] != label) {
            println!("    {} <- {}", requests.classes[found[index]], requests.texts[index]);
        }
    }
    let percent = right as f64 / found.len() as f64 * 100.0;
    println!("{right} of {} held-out requests ({percent:.1} %)", found.len());
}

fn classifier(requests: &Requests, examples: &[Example], trained: Trained) -> Classifier {
    let mut kept = Vec::new();
    for (label, class) in requests.classes.iter().enumerate() {
        let members: Vec<usize> =
            (0..examples.len()).filter(|&index| requests.labels[index] == label).collect();
        let vectors: Vec<&[f32]> =
            members.iter().map(|&index| examples[index].vector.as_slice()).collect();
        let count = if class == NONE { MEDOIDS_OF_NONE } else { MEDOIDS };
        kept.extend(medoids(&vectors, count).into_iter().map(|member| Medoid {
            class: label,
            text: requests.texts[members[member]].clone(),
            vector: vectors[member].to_vec(),
        }));
    }
    let classes = requests.classes.iter().zip(trained.into_weights());
    let classes =
        classes.map(|(name, (bias, weights))| Class { name: name.clone(), bias, weights });
    Classifier::new(classes.collect(), kept)
}
