//! What PostgreSQL says differently in the board's statement. Its index has the parts of each text with
//! the site's number before them (the function `search_parts`).
//!
//! PostgreSQL takes all that an index has of each part before it looks at a row, however few are asked
//! for. So one row in eight is a sample that the index is asked for first: of what much matches it has
//! enough, and the rest is not asked for.

use crate::store::{
    SiteScope,
    board::{Dialect, Filters, push_filters},
    search::parts,
};
use sqlx::{Postgres, QueryBuilder};

/// What stands behind the site's number before a part, as in `search_parts`: of the sample, and of the
/// rest.
const BEHIND_SITE: [&str; 2] = ["s", ""];

impl Dialect for Postgres {
    const JSON: &str = "coalesce(json_agg(json_build_array(channel, state, count)), '[]')::TEXT";
    // It may think that there are more of the few than of connections, and go through those.
    const LOOK_UP: &str = "JOIN LATERAL (SELECT * FROM connection WHERE id = few.id OFFSET 0)
        AS connection";

    fn push_number(sql: &mut QueryBuilder<Self>, number: i64) {
        sql.push_bind(number);
    }

    fn push_text(sql: &mut QueryBuilder<Self>, text: String) {
        sql.push_bind(text);
    }

    fn push_contains(sql: &mut QueryBuilder<Self>, term: &str) {
        // LIKE takes longer.
        sql.push("strpos(search, ").push_bind(term.to_owned()).push(") > 0");
    }

    fn push_look_up(
        sql: &mut QueryBuilder<Self>,
        scope: SiteScope,
        terms: &[String],
        filters: Filters,
    ) {
        let site = scope.site().0;
        for (turn, behind) in BEHIND_SITE.into_iter().enumerate() {
            sql.push(if turn > 0 { " UNION ALL " } else { "" });
            sql.push("SELECT id, channel, state FROM connection_search");
            sql.push(" WHERE search_parts(site_id, id, search) @> ");
            let parts = terms.iter().flat_map(|term| parts(term));
            let parts = parts.map(|part| format!("{site}{behind} {part}"));
            sql.push_bind(parts.collect::<Vec<_>>());
            for term in terms {
                sql.push(" AND ");
                Self::push_contains(sql, term);
            }
            push_filters(sql, filters);
        }
    }
}
