"""SQL, the only truth: tables, engine, transactions, and the queries of each use case."""
