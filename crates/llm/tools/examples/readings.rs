//! Temporary.
use std::io::BufRead;
fn main() {
    let tool = std::env::args().nth(1).unwrap();
    let registry = llm_tools::Registry::built_in();
    let tool = registry.get(&tool).unwrap();
    let context = llm_tools::ReadingContext {
        now: Some(system_platform::DateTime::from_unix(1_795_478_399)),
    };
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let readings = tool.readings(&line, &context);
        println!("{} <- {line}", readings.first().map_or("NONE".to_string(), |v| v.to_string()));
    }
}
