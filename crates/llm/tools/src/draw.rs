//! `draw`: charts and simple pictures on the canvas.

mod chart;
mod chart_request;
mod error;
mod figures;
mod shapes;
mod sketch_request;

pub use error::DrawingError;

use crate::{
    Capability, Example, Facility, ReadingContext, Tool, ToolContext, ToolError, ToolFuture,
    ToolOutput,
    arguments::string,
    facility::Drawing,
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::Value;

/// Shows a chart of numbers or a picture of shapes.
pub struct Draw {
    schema: Value,
}

impl Draw {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[
                Argument::required("kind", ArgumentType::String, "bar, line, pie or shapes"),
                Argument::optional("values", ArgumentType::String, "numbers of a chart: 3, 5, 2"),
                Argument::optional("labels", ArgumentType::String, "their names: Jan, Feb, Mar"),
                Argument::optional(
                    "shapes",
                    ArgumentType::String,
                    "shapes on 100 x 100 units: circle 50 50 20 red; line 0 0 100 100; house",
                ),
            ]),
        }
    }
}

impl Default for Draw {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Draw {
    fn name(&self) -> &str {
        "draw"
    }

    fn description(&self) -> &str {
        "Draws a bar, line or pie chart, or shapes, on the canvas."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Draw a bar chart of 3, 5, 2 and 8.",
                arguments: r#"{"kind": "bar", "values": "3, 5, 2, 8"}"#,
            },
            Example {
                request: "pie chart: 40 rent, 30 food, 30 fun",
                arguments: r#"{"kind": "pie", "values": "40, 30, 30", "labels": "rent, food, fun"}"#,
            },
            Example {
                request: "Draw a red circle.",
                arguments: r#"{"kind": "shapes", "shapes": "circle red"}"#,
            },
            Example {
                request: "sketch a house",
                arguments: r#"{"kind": "shapes", "shapes": "house"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::Canvas)
    }

    fn facility(&self) -> Option<Facility> {
        Some(Facility::Canvas)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let readings = [chart_request::reading(request), sketch_request::reading(request)];
        readings.into_iter().flatten().collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        done(draw(arguments, &context))
    }
}

fn draw(arguments: &Value, context: &ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let canvas = context.canvas()?;
    let text = |name: &str| arguments[name].as_str().unwrap_or_default();
    let kind = string(arguments, "kind")?.trim().to_lowercase();
    let (drawing, description) = match kind.as_str() {
        "shapes" | "shape" => {
            let picture = shapes::parse(text("shapes"))?;
            (Drawing::Shapes(picture.shapes), picture.description)
        }
        kind => {
            let drawing = chart::drawing(kind, text("values"), text("labels"))?;
            let description = chart_description(&drawing);
            (drawing, description)
        }
    };
    canvas.show(&drawing);
    Ok(ToolOutput::acknowledgement(format!("drew {description}")))
}

/// A chart in words: "a bar chart of 3, 5, 2, 8".
fn chart_description(drawing: &Drawing) -> String {
    let (kind, values, labels) = match drawing {
        Drawing::BarChart { values, labels } => ("bar", values, labels),
        Drawing::LineChart { values, labels } => ("line", values, labels),
        Drawing::PieChart { values, labels } => ("pie", values, labels),
        Drawing::Shapes(_) => return String::from("shapes"),
    };
    let items: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(index, value)| match labels.get(index) {
            Some(label) => format!("{label} {value}"),
            None => value.to_string(),
        })
        .collect();
    format!("a {kind} chart of {}", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    fn draw(bench: &mut Bench, arguments: Value) -> Result<String, String> {
        bench.call("draw", arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn charts_reach_the_canvas() {
        let mut bench = Bench::complete();
        let arguments = json!({"kind": "bar", "values": "3, 5, 2, 8"});
        let output = bench.output("draw", arguments).unwrap();
        assert_eq!(output.statement, "drew a bar chart of 3, 5, 2, 8");
        assert!(!output.is_answer);
        let arguments = json!({"kind": "pie", "values": "40, 60", "labels": "rent, food"});
        assert_eq!(draw(&mut bench, arguments).unwrap(), "drew a pie chart of rent 40, food 60");
        let drawings = bench.canvas.as_ref().unwrap().drawings();
        let bars = Drawing::BarChart { values: [3.0, 5.0, 2.0, 8.0].into(), labels: [].into() };
        assert_eq!(drawings[0], bars);
        assert_eq!(drawings.len(), 2);
    }

    #[test]
    fn shapes_reach_the_canvas() {
        let mut bench = Bench::complete();
        let arguments = json!({"kind": "shapes", "shapes": "circle 50 50 20 red; house"});
        assert_eq!(draw(&mut bench, arguments).unwrap(), "drew a red circle and a house");
        let [Drawing::Shapes(shapes)] = &bench.canvas.as_ref().unwrap().drawings()[..] else {
            panic!("shapes")
        };
        assert!(shapes.len() > 4);
    }

    #[test]
    fn what_goes_wrong_is_named_and_nothing_is_drawn() {
        let mut bench = Bench::complete();
        for (arguments, expected) in [
            (
                json!({"kind": "cube"}),
                "there is no drawing \"cube\"; there are bar, line, pie, shapes",
            ),
            (json!({"kind": "bar"}), "a chart needs values"),
            (json!({"kind": "shapes"}), "a picture needs shapes"),
            (json!({"kind": "bar", "values": "3, x"}), "\"x\" is not a number"),
        ] {
            assert_eq!(draw(&mut bench, arguments).unwrap_err(), expected);
        }
        assert!(bench.canvas.as_ref().unwrap().drawings().is_empty());
        let arguments = json!({"kind": "bar", "values": "1"});
        let error = draw(&mut Bench::new(TestMachine::default()), arguments).unwrap_err();
        assert_eq!(error, "this needs a canvas, which this system does not have");
    }

    #[test]
    fn every_reading_can_be_drawn() {
        let mut bench = Bench::complete();
        for request in [
            "Draw a bar chart of 3, 5, 2 and 8.",
            "draw a pie chart of 0, 0",
            "draw two red cars and a small blue tree under the sun",
            "draw a line from 10 20 to 80 90",
            "plot -3 4 -5",
        ] {
            let readings = bench.readings("draw", request);
            assert!(!readings.is_empty(), "{request}");
            let results: Vec<_> =
                readings.into_iter().map(|reading| draw(&mut bench, reading)).collect();
            let may_fail = request.contains("0, 0");
            assert!(may_fail || results.iter().all(Result::is_ok), "{request}: {results:?}");
        }
    }
}
