//! `llm-cli make-test-model`: small random models, and damaged ones, for tests of the system.

use crate::{
    args::{Args, ArgsError},
    error::CliError,
};
use llm_inference::testing::{Defect, TestModel, damaged_model};
use std::{path::PathBuf, process::ExitCode};

/// The kind of model without a defect.
const SOUND: &str = "tiny";

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let kind: String = args.required("--kind")?;
    let path = args.words(1)?.pop().ok_or(ArgsError::MissingOption("OUT"))?;
    let file = if kind == SOUND {
        TestModel::default().build()
    } else {
        match Defect::ALL.into_iter().find(|defect| defect.name() == kind) {
            Some(defect) => damaged_model(defect),
            None => {
                let names: Vec<_> = Defect::ALL.into_iter().map(Defect::name).collect();
                let problem = format!("known are {SOUND}, {}", names.join(", "));
                return Err(ArgsError::BadValue { option: "--kind", value: kind, problem }.into());
            }
        }
    };
    let path = PathBuf::from(path);
    std::fs::write(&path, file).map_err(|error| CliError::File { path, error })?;
    Ok(ExitCode::SUCCESS)
}
