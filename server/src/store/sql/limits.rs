//! Counted attempts and API calls. Counting holds a lock, so that it is exact.

use super::{Database, dialect};
use crate::store::{Attempt, Limit, Limits, QuotaUse, Result};
use async_trait::async_trait;
use sqlx::AssertSqlSafe;

/// No limit looks back further.
const MAX_WINDOW_SECONDS: i64 = 60 * 60;

#[async_trait]
impl Limits for Database {
    async fn attempt(&self, limits: &[Limit], now: i64) -> Result<Attempt> {
        let mut tx = self.write().await?;
        dialect::lock_sign_ins(&mut tx).await?;
        let forgotten = "DELETE FROM sign_in_attempt WHERE at <= $1";
        sqlx::query(forgotten).bind(now - MAX_WINDOW_SECONDS).execute(&mut *tx).await?;
        for (index, Limit { subject, most, seconds }) in limits.iter().enumerate() {
            // The attempt whose end of counting makes room for the next one.
            let sql = "
                SELECT at FROM sign_in_attempt WHERE subject = $1 AND at > $2 AND at <= $3
                ORDER BY at DESC, id DESC LIMIT 1 OFFSET $4";
            let query = sqlx::query_scalar(sql).bind(subject).bind(now - seconds).bind(now);
            let full: Option<i64> =
                query.bind(i64::from(most.saturating_sub(1))).fetch_optional(&mut *tx).await?;
            if let Some(at) = full {
                tx.rollback().await?;
                return Ok(Attempt::Refused(index, (at + seconds - now).max(1)));
            }
        }
        let mut counted = vec![];
        for Limit { subject, .. } in limits {
            let sql = "INSERT INTO sign_in_attempt (subject, at) VALUES ($1, $2) RETURNING id";
            let query = sqlx::query_scalar(sql).bind(subject).bind(now);
            counted.push(query.fetch_one(&mut *tx).await?);
        }
        tx.commit().await?;
        Ok(Attempt::Counted(counted))
    }

    async fn refund(&self, attempts: &[i64]) -> Result<()> {
        let mut tx = self.write().await?;
        for id in attempts {
            let sql = "DELETE FROM sign_in_attempt WHERE id = $1";
            sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn consume_calls(&self, uses: &[QuotaUse]) -> Result<Vec<usize>> {
        // What was counted stands in the row, so that RETURNING has it: it knows no value of before.
        let counted = "CASE WHEN counted.day <> excluded.day THEN excluded.used
            WHEN counted.used + $4 <= $3 THEN $4 ELSE $3 - counted.used END";
        let sql = format!(
            "INSERT INTO quota AS counted (site_id, day, used, last_counted)
            SELECT $1, $2, $5, $5 WHERE CAST($5 AS BIGINT) > 0
            ON CONFLICT (site_id) DO UPDATE SET day = excluded.day, last_counted = {counted},
                used = {counted} + CASE WHEN counted.day = excluded.day THEN counted.used ELSE 0 END
            WHERE counted.day <> excluded.day OR counted.used < $3
            RETURNING last_counted"
        );
        let mut tx = self.write().await?;
        let mut all = vec![];
        for QuotaUse { site, day, most, calls } in uses {
            let most = i64::try_from(*most).unwrap_or(i64::MAX);
            let calls = i64::try_from(*calls).unwrap_or(i64::MAX);
            let query = sqlx::query_scalar(AssertSqlSafe(&*sql)).bind(site.0).bind(day).bind(most);
            let query = query.bind(calls).bind(calls.min(most));
            let counted: Option<i64> = query.fetch_optional(&mut *tx).await?;
            all.push(usize::try_from(counted.unwrap_or_default()).unwrap_or_default());
        }
        tx.commit().await?;
        Ok(all)
    }
}
