//! What PostgreSQL says differently in the board's statement. Its index has the parts of each text with
//! the site's number before them (the function `search_parts`).

use crate::store::{
    SiteScope,
    board::{Dialect, Filters, push_filters},
    search::parts,
};
use sqlx::{Postgres, QueryBuilder};

impl Dialect for Postgres {
    const JSON: &str = "coalesce(json_agg(json_build_array(channel, state, count)), '[]')::TEXT";
    const JOIN: &str = "JOIN";

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
        let parts = terms.iter().flat_map(|term| parts(term)).map(|part| format!("{site} {part}"));
        sql.push("SELECT id, channel, state FROM connection_search");
        sql.push(" WHERE search_parts(site_id, search) @> ").push_bind(parts.collect::<Vec<_>>());
        for term in terms {
            sql.push(" AND ");
            Self::push_contains(sql, term);
        }
        push_filters(sql, filters);
    }
}
