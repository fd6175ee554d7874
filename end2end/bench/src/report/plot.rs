//! The time of requests by the size of the database.

use crate::{
    operation::Operation,
    results::{Kind, Requests, What},
};
use plotters::prelude::*;
use std::path::Path;

/// What is drawn, and how.
const LINES: [(Operation, RGBColor); 5] = [
    (Operation::Get, RGBColor(31, 119, 180)),
    (Operation::Patch, RGBColor(214, 39, 40)),
    (Operation::FindDeep, RGBColor(44, 160, 44)),
    (Operation::BoardLast, RGBColor(148, 103, 189)),
    (Operation::Search, RGBColor(255, 127, 14)),
];

const SIZE: (u32, u32) = (960, 360);

/// Half and all but a hundredth of the answers, in milliseconds.
const TIMES: std::ops::Range<f64> = 0.2..200.0;

/// Draws each kind of database beside the other: p50 as lines, p99 as dots, one client.
pub fn draw(requests: &Requests, file: &Path) -> anyhow::Result<()> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let kinds = [(Kind::Sqlite, "SQLite"), (Kind::Postgres, "PostgreSQL")];
    for ((kind, name), area) in kinds.into_iter().zip(root.split_evenly((1, 2))) {
        let mut chart = ChartBuilder::on(&area)
            .caption(format!("{name}: ms of one client, line p50, dot p99"), ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(44)
            .build_cartesian_2d((900.0..1_100_000.0).log_scale(), TIMES.log_scale())?;
        chart
            .configure_mesh()
            .x_desc("connections")
            .x_label_formatter(&|rows| format!("{rows:.0}"))
            .y_label_formatter(&|time| format!("{time}"))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (operation, colour) in LINES {
            let figures: Vec<_> = requests
                .servers
                .iter()
                .filter(|cost| cost.database == kind)
                .filter_map(|cost| {
                    let name = operation.name().to_owned();
                    let what = What { database: kind, rows: Some(cost.rows), name, clients: 1 };
                    Some((f64::from(cost.rows), requests.figure(&what)?))
                })
                .collect();
            let halves = figures.iter().map(|(rows, figure)| (*rows, figure.p50_ms));
            chart
                .draw_series(LineSeries::new(halves, colour.stroke_width(2)))?
                .label(operation.name())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
            chart.draw_series(
                figures.iter().map(|(rows, figure)| Circle::new((*rows, figure.p99_ms), 3, colour)),
            )?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .draw()?;
    }
    root.present()?;
    Ok(())
}
