//! Text for a terminal: columns, and nothing in them that a terminal would obey.

/// Lines of columns as wide as their widest cell, two blanks apart. The first row is the header.
pub(super) fn lines<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let padded: String = cells.map(|(cell, width)| format!("{cell:width$}  ")).collect();
        padded.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A text from outside, with its control characters escaped; `-` if there is none.
pub(crate) fn shown(text: &str) -> String {
    let escaped = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    match text {
        "" => "-".to_owned(),
        text => text.chars().map(escaped).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["A", "B", "C"], ["m\u{fc}ller", "1", ""], ["x", "12345", "y"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(
            lines(&rows),
            ["A       B      C", "m\u{fc}ller  1", "x       12345  y"]
        );
    }

    #[test]
    fn a_terminal_obeys_nothing() {
        assert_eq!(shown("a\u{1b}[2J\n\u{9b}"), "a\\u{1b}[2J\\n\\u{9b}");
        assert_eq!(shown(""), "-");
    }
}
