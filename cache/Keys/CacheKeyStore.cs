using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Store;
using Microsoft.Data.Sqlite;

namespace Cairn.Cache.Keys;

/// <summary>
/// Which keys exist, how keys of inputs lead to keys of vertices, and which results hang at them. A key can be reached by several links
/// for one input: by definition, and by content.
/// </summary>
public sealed class CacheKeyStore
{
    private const long Scratch = 0;

    private readonly StoreRoot _store;
    private readonly TimeProvider _clock;

    internal CacheKeyStore(StoreRoot store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    /// <summary>The stored keys of one output of a vertex.</summary>
    /// <param name="operation">Digest of the cache map.</param>
    /// <param name="output">Index of the output.</param>
    /// <param name="inputs">For each input its known keys; empty for a vertex without inputs.</param>
    /// <returns>Keys that some key of every input leads to, in ordinal order; empty for none.</returns>
    public IReadOnlyList<CacheKeyId> Find(Digest operation, int output, IReadOnlyList<InputKeys> inputs) =>
        Find([new KeyQuery(operation, output, inputs)])[0].Keys;

    /// <summary>Answers several questions with one read.</summary>
    /// <returns>One for each query.</returns>
    public IReadOnlyList<KeyMatch> Find(IReadOnlyList<KeyQuery> queries)
    {
        ArgumentNullException.ThrowIfNull(queries);
        KeyMatch[] found = _store.Read(connection => Find(connection, queries));
        foreach (AdditionalStore other in _store.Additional.All)
        {
            KeyMatch[] more = other.Read(connection => Find(connection, queries), []);
            for (int i = 0; i < more.Length; i++)
            {
                found[i] = found[i].Or(more[i]);
            }
        }
        return found;
    }

    /// <summary>The results of keys.</summary>
    /// <param name="keys">Alternatives for one output.</param>
    /// <returns>
    /// Newest first, those of additional stores after those of this one; each record once. That a record is listed does not mean that it can
    /// be claimed still.
    /// </returns>
    public IReadOnlyList<CacheResult> LoadCandidates(IReadOnlyList<CacheKeyId> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        IEnumerable<CacheResult> results = _store.Read(connection => Load(connection, keys));
        foreach (AdditionalStore other in _store.Additional.All)
        {
            results = results.Concat(other.Read(connection => Load(connection, keys), []));
        }
        return [.. results.DistinctBy(result => result.Ref)];
    }

    /// <summary>The ways that lead to a key, here and in additional stores.</summary>
    public IReadOnlyList<KeyLink> LinksTo(CacheKeyId key)
    {
        IEnumerable<KeyLink> links = _store.Read(connection => LinksTo(connection, key));
        foreach (AdditionalStore other in _store.Additional.All)
        {
            links = links.Union(other.Read(connection => LinksTo(connection, key), []));
        }
        return [.. links];
    }

    private static List<KeyLink> LinksTo(SqliteConnection connection, CacheKeyId key) =>
        connection.Query("""
            SELECT s.name, l.input, l.output, l.digest, l.selector
            FROM cache_keys t JOIN key_links l ON l.target = t.id JOIN cache_keys s ON s.id = l.source
            WHERE t.name = $name ORDER BY l.input, s.name, l.selector, l.digest
            """)
            .With("$name", key.Value).Rows(row => new KeyLink(
                new CacheKeyId(row.GetString(0)), row.GetInt32(1), row.GetInt32(2), Digest.Parse(row.GetString(3)),
                Digest.TryParse(row.GetString(4), out Digest selector) ? selector : null));

    /// <summary>Remembers a key with the ways to it, and a result if there is one.</summary>
    /// <param name="transaction">The one that also writes the result's rows.</param>
    /// <param name="query">Operation, output and all known keys of the inputs; volatile ones are left out.</param>
    /// <param name="hasResult">Whether there is a result.</param>
    /// <param name="result">The record, null for scratch.</param>
    /// <param name="isNew">Existing keys are not looked for.</param>
    /// <returns>The key: an existing one if the inputs already lead to it. Volatile, and not stored, if an input has only volatile keys.</returns>
    internal CacheKeyId Save(WriteTransaction transaction, KeyQuery query, bool hasResult, RefId? result, bool isNew)
    {
        ArgumentNullException.ThrowIfNull(query);
        CacheKeyId id = query.Inputs.Count == 0
            ? CacheKeyId.Root(query.Operation.ToString(), query.Output)
            : CacheKeyId.Derived(query.Operation, query.Output, query.Inputs);
        if (id.IsVolatile)
        {
            return id;
        }
        long row;
        (CacheKeyId Key, long Row) existing = isNew ? default : FindRows(transaction.Command, query, matches: null).OrderBy(found => found.Key).FirstOrDefault();
        if (existing.Row != 0)
        {
            (id, row) = existing;
        }
        else
        {
            row = KeyRow(transaction, id);
        }
        InsertLinks(transaction, query, row);
        if (hasResult)
        {
            transaction.Command("""
                INSERT INTO key_results(key, ref, created) VALUES ($key, $ref, $now)
                ON CONFLICT(key, ref) DO UPDATE SET created = max(created, excluded.created)
                """)
                .With("$key", row).With("$ref", result?.Value ?? Scratch).With("$now", _clock.GetUtcNow().ToNanoseconds()).ExecuteNonQuery();
        }
        return id;
    }

    /// <summary>Whether every key of the inputs leads to every one of some keys, as far as these still exist.</summary>
    public bool HasLinks(KeyQuery query, IReadOnlyList<CacheKeyId> targets)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(targets);
        return _store.Read(connection =>
        {
            foreach (CacheKeyId target in targets)
            {
                if (RowOf(connection.Query, target) is not { } row)
                {
                    continue;
                }
                for (int input = 0; input < query.Inputs.Count; input++)
                {
                    foreach (InputKey key in query.Inputs[input].Keys.Where(key => !key.Key.IsVolatile))
                    {
                        bool exists = connection.Query("""
                            SELECT count(*) FROM cache_keys s JOIN key_links l ON l.source = s.id
                            WHERE s.name = $name AND l.target = $target AND l.input = $input AND l.output = $output
                            AND l.digest = $digest AND l.selector = $selector
                            """)
                            .With("$name", key.Key.Value).With("$target", row).With("$input", input).With("$output", query.Output)
                            .With("$digest", query.Operation.ToString()).With("$selector", key.Selector?.ToString() ?? "").Number() > 0;
                        if (!exists)
                        {
                            return false;
                        }
                    }
                }
            }
            return true;
        });
    }

    /// <summary>Remembers that all keys of the inputs lead to some keys, those of them that still exist.</summary>
    internal static void Link(WriteTransaction transaction, KeyQuery query, IReadOnlyList<CacheKeyId> targets)
    {
        foreach (CacheKeyId target in targets)
        {
            if (RowOf(transaction.Command, target) is { } row)
            {
                InsertLinks(transaction, query, row);
            }
        }
    }

    /// <summary>Strikes a record out of the results of all keys; keys that lead nowhere any more go too.</summary>
    internal static void RemoveResults(WriteTransaction transaction, RefId id)
    {
        List<long> keys = transaction.Command("SELECT key FROM key_results WHERE ref = $ref").With("$ref", id.Value).Rows(row => row.GetInt64(0));
        transaction.Command("DELETE FROM key_results WHERE ref = $ref").With("$ref", id.Value).ExecuteNonQuery();
        RemoveUnused(transaction, keys);
    }

    private static KeyMatch[] Find(SqliteConnection connection, IReadOnlyList<KeyQuery> queries)
    {
        var answers = new KeyMatch[queries.Count];
        for (int i = 0; i < queries.Count; i++)
        {
            bool[]? matches = queries[i].WantsMatches ? new bool[queries[i].Inputs.Count] : null;
            answers[i] = new KeyMatch([.. FindRows(connection.Query, queries[i], matches).Select(row => row.Key).Order()], matches);
        }
        return answers;
    }

    private static List<CacheResult> Load(SqliteConnection connection, IReadOnlyList<CacheKeyId> keys)
    {
        List<CacheResult> found = [];
        foreach (CacheKeyId key in keys)
        {
            found.AddRange(connection.Query("""
                SELECT r.ref, r.created FROM cache_keys k JOIN key_results r ON r.key = k.id WHERE k.name = $name
                """)
                .With("$name", key.Value).Rows(row => new CacheResult(
                    key, row.GetInt64(0) is not Scratch and long id ? new RefId(id) : null, row.GetInt64(1).ToTime())));
        }
        return [.. found.OrderByDescending(result => result.Created).ThenBy(result => result.Ref?.Value)];
    }

    // A key is of use while it has a result or leads on to another key.
    private static void RemoveUnused(WriteTransaction transaction, IEnumerable<long> keys)
    {
        var pending = new Stack<long>(keys);
        while (pending.TryPop(out long key))
        {
            bool used = transaction.Command("""
                SELECT EXISTS (SELECT 1 FROM key_results WHERE key = $key) OR EXISTS (SELECT 1 FROM key_links WHERE source = $key)
                """)
                .With("$key", key).Number() == 1;
            if (used)
            {
                continue;
            }
            foreach (long source in transaction.Command("SELECT DISTINCT source FROM key_links WHERE target = $key").With("$key", key)
                .Rows(row => row.GetInt64(0)))
            {
                pending.Push(source);
            }
            transaction.Command("DELETE FROM key_links WHERE target = $key").With("$key", key).ExecuteNonQuery();
            transaction.Command("DELETE FROM cache_keys WHERE id = $key").With("$key", key).ExecuteNonQuery();
        }
    }

    private static void InsertLinks(WriteTransaction transaction, KeyQuery query, long target)
    {
        for (int input = 0; input < query.Inputs.Count; input++)
        {
            foreach (InputKey key in query.Inputs[input].Keys.Where(key => !key.Key.IsVolatile))
            {
                transaction.Command("""
                    INSERT OR IGNORE INTO key_links(source, input, output, digest, selector, target)
                    VALUES ($source, $input, $output, $digest, $selector, $target)
                    """)
                    .With("$source", KeyRow(transaction, key.Key)).With("$input", input).With("$output", query.Output)
                    .With("$digest", query.Operation.ToString()).With("$selector", key.Selector?.ToString() ?? "").With("$target", target)
                    .ExecuteNonQuery();
            }
        }
    }

    private static long? RowOf(Func<string, SqliteCommand> command, CacheKeyId id) =>
        command("SELECT id FROM cache_keys WHERE name = $name").With("$name", id.Value).Number();

    private static long KeyRow(WriteTransaction transaction, CacheKeyId id)
    {
        long? row = RowOf(transaction.Command, id);
        return row ?? transaction.Command("INSERT INTO cache_keys(name) VALUES ($name) RETURNING id").With("$name", id.Value).Number()!.Value;
    }

    private static List<(CacheKeyId Key, long Row)> FindRows(Func<string, SqliteCommand> command, KeyQuery query, bool[]? matches)
    {
        if (query.Inputs.Count == 0)
        {
            CacheKeyId root = CacheKeyId.Root(query.Operation.ToString(), query.Output);
            return command("SELECT id FROM cache_keys WHERE name = $name").With("$name", root.Value).Rows(row => (root, row.GetInt64(0)));
        }
        Dictionary<long, CacheKeyId>? common = null;
        for (int input = 0; input < query.Inputs.Count; input++)
        {
            Dictionary<long, CacheKeyId> reached = [];
            foreach (InputKey key in query.Inputs[input].Keys.Where(key => !key.Key.IsVolatile))
            {
                foreach ((long row, string name) in command("""
                    SELECT t.id, t.name FROM cache_keys s
                    JOIN key_links l ON l.source = s.id AND l.digest = $digest AND l.input = $input AND l.output = $output AND l.selector = $selector
                    JOIN cache_keys t ON t.id = l.target
                    WHERE s.name = $name
                    """)
                    .With("$digest", query.Operation.ToString()).With("$input", input).With("$output", query.Output)
                    .With("$selector", key.Selector?.ToString() ?? "").With("$name", key.Key.Value)
                    .Rows(row => (row.GetInt64(0), row.GetString(1))))
                {
                    matches?[input] = true;
                    if (common is null || common.ContainsKey(row))
                    {
                        reached[row] = new CacheKeyId(name);
                    }
                }
            }
            common = reached;
            if (common.Count == 0 && matches is null)
            {
                break;
            }
        }
        return [.. common!.Select(found => (found.Value, found.Key))];
    }
}
