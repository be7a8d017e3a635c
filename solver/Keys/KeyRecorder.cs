using Cairn.Cache;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Solver.Jobs;
using Cairn.Solver.Ops;
using Cairn.Solver.Scheduling;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Keys;

/// <summary>
/// Writes results under the keys of their inputs. Vertices that end at about the same time share a transaction: whoever finds nobody writing
/// writes for all who wait.
/// </summary>
internal sealed class KeyRecorder(BuildCache cache, ILogger logger)
{
    private const int MostTogether = 200;   // in one transaction: others want to write, too

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly List<Pending> _waiting = [];
    private bool _isWriting;

    /// <summary>The questions that one output of a vertex puts to the index: one for each cache map that may be stored.</summary>
    public static IReadOnlyList<KeyQuery> QueriesOf(IReadOnlyList<CacheDigest> digests, int output, IReadOnlyList<KeyInput> inputs, bool wantsMatches = false)
    {
        var keys = new InputKeys[inputs.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            var alternatives = new List<InputKey>(inputs[i].Keys.Count + 1);
            foreach (CacheKeyId key in inputs[i].Keys)
            {
                alternatives.Add(new InputKey(key, inputs[i].Selector));
            }

            if (inputs[i].Content is { } content)
            {
                alternatives.Add(new InputKey(CacheKeyId.Content(content), null));
            }

            keys[i] = new InputKeys(alternatives);
        }

        var queries = new List<KeyQuery>(digests.Count);
        foreach (CacheDigest digest in digests)
        {
            if (!digest.IsRandom)
            {
                queries.Add(new KeyQuery(digest.Value, output, keys) { WantsMatches = wantsMatches });
            }
        }

        return queries;
    }

    /// <summary>Records all outputs of a vertex.</summary>
    /// <returns>For each output its key; null if it cannot be stored.</returns>
    public async Task<IReadOnlyList<CacheKeyId?>> RecordAsync(
        IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, IReadOnlyList<ImmutableRef?> made)
    {
        var saves = new List<KeySave>();
        var outputs = new List<int>();
        for (int output = 0; output < made.Count; output++)
        {
            foreach (KeyQuery query in QueriesOf(digests, output, inputs))
            {
                saves.Add(new KeySave(query, HasResult: true, made[output]));
                outputs.Add(output);
            }
        }

        var keys = new CacheKeyId?[made.Count];
        IReadOnlyList<CacheKeyId?> saved = await SaveAsync(saves);
        for (int i = 0; i < saved.Count; i++)
        {
            keys[outputs[i]] ??= saved[i];
        }

        return keys;
    }

    /// <summary>Records one output of a vertex.</summary>
    public Task RecordAsync(IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, int output, ImmutableRef? made) =>
        SaveAsync([.. QueriesOf(digests, output, inputs).Select(query => new KeySave(query, HasResult: true, made))]);

    /// <summary>Records keys for which there is no result here.</summary>
    /// <returns>For each query the key; null if it cannot be stored.</returns>
    public Task<IReadOnlyList<CacheKeyId?>> RecordKeysAsync(IReadOnlyList<KeyQuery> queries) =>
        SaveAsync([.. queries.Select(static query => new KeySave(query, HasResult: false, Result: null))]);

    /// <summary>
    /// Records all outputs of a vertex whose results are there already, with others and a little later. That costs the caller no wait: what the keys
    /// will be follows from the inputs, as long as nothing has been recorded for these yet.
    /// </summary>
    /// <returns>For each output its key; null if it cannot be stored.</returns>
    public IReadOnlyList<CacheKeyId?> RecordLater(IReadOnlyList<CacheDigest> digests, IReadOnlyList<KeyInput> inputs, IReadOnlyList<ImmutableRef?> made)
    {
        var saves = new List<KeySave>();
        var keys = new CacheKeyId?[made.Count];
        for (int output = 0; output < made.Count; output++)
        {
            foreach (KeyQuery query in QueriesOf(digests, output, inputs))
            {
                CacheKeyId key = query.Inputs.Count == 0
                    ? CacheKeyId.Root(query.Operation.ToString(), output)
                    : CacheKeyId.Derived(query.Operation, output, query.Inputs);
                if (!key.IsVolatile)
                {
                    saves.Add(new KeySave(query, HasResult: true, made[output]?.Clone()) { IsNew = true });
                    keys[output] ??= key;
                }
            }
        }

        if (saves.Count > 0)
        {
            var pending = new Pending(saves);
            if (Enqueue(pending))
            {
                _ = Task.Run(WriteAll);   // tells whoever waits, or the log
            }

            _ = EndAsync(pending);
        }

        return keys;
    }

    /// <summary>Waits until everything is written that came before.</summary>
    public Task DrainAsync()
    {
        var mark = new Pending([]);
        lock (_lock)
        {
            if (!_isWriting)
            {
                return Task.CompletedTask;
            }

            _waiting.Add(mark);
        }

        return mark.Done.Task;
    }

    // A fault of the cache costs what it costs, and no more.
    private async Task EndAsync(Pending pending)
    {
        try
        {
            await pending.Done.Task;
        }
#pragma warning disable CA1031 // A cache can only help.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.RecordFailed(pending.Saves[0].Query.Operation.ToString(), e);
        }

        foreach (KeySave save in pending.Saves)
        {
            save.Result?.Dispose();
        }
    }

    private async Task<IReadOnlyList<CacheKeyId?>> SaveAsync(List<KeySave> saves)
    {
        if (saves.Count == 0)
        {
            return [];
        }

        var pending = new Pending(saves);
        if (Enqueue(pending))
        {
            WriteAll();
        }

        return [.. (await pending.Done.Task).Select(static key => key.IsVolatile ? (CacheKeyId?)null : key)];
    }

    // True for who has to write.
    private bool Enqueue(Pending pending)
    {
        lock (_lock)
        {
            _waiting.Add(pending);
            bool writes = !_isWriting;
            _isWriting = true;
            return writes;
        }
    }

    private void WriteAll()
    {
        while (true)
        {
            List<Pending> batch;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _isWriting = false;
                    return;
                }

                int count = Math.Min(_waiting.Count, MostTogether);
                batch = _waiting.GetRange(0, count);
                _waiting.RemoveRange(0, count);
            }

            Write(batch);
        }
    }

    private void Write(List<Pending> batch)
    {
        try
        {
            List<KeySave> saves = [.. batch.SelectMany(static pending => pending.Saves)];
            IReadOnlyList<CacheKeyId> keys = saves.Count > 0 ? cache.Save(saves) : [];
            int next = 0;
            foreach (Pending pending in batch)
            {
                pending.Done.TrySetResult([.. keys.Skip(next).Take(pending.Saves.Count)]);
                next += pending.Saves.Count;
            }
        }
#pragma warning disable CA1031 // Passed on to everybody in the batch.
        catch (Exception e)
#pragma warning restore CA1031
        {
            foreach (Pending pending in batch)
            {
                pending.Done.TrySetException(e);
            }
        }
    }

    private sealed class Pending(List<KeySave> saves)
    {
        public List<KeySave> Saves { get; } = saves;

        public TaskCompletionSource<IReadOnlyList<CacheKeyId>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
