using Cairn.Cache;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Solver.Ops;
using Cairn.Solver.Scheduling;

namespace Cairn.Solver.Keys;

/// <summary>
/// Writes results under the keys of their inputs. Vertices that end at about the same time share a transaction: whoever finds nobody writing
/// writes for all who wait.
/// </summary>
internal sealed class KeyRecorder(BuildCache cache)
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private List<Pending> _waiting = [];
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

    private async Task<IReadOnlyList<CacheKeyId?>> SaveAsync(List<KeySave> saves)
    {
        if (saves.Count == 0)
        {
            return [];
        }

        var pending = new Pending(saves, new TaskCompletionSource<IReadOnlyList<CacheKeyId>>(TaskCreationOptions.RunContinuationsAsynchronously));
        bool writes;
        lock (_lock)
        {
            _waiting.Add(pending);
            writes = !_isWriting;
            _isWriting = true;
        }

        if (writes)
        {
            WriteAll();
        }

        return [.. (await pending.Done.Task).Select(static key => key.IsVolatile ? (CacheKeyId?)null : key)];
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

                batch = _waiting;
                _waiting = [];
            }

            Write(batch);
        }
    }

    private void Write(List<Pending> batch)
    {
        try
        {
            IReadOnlyList<CacheKeyId> keys = cache.Save([.. batch.SelectMany(static pending => pending.Saves)]);
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

    private sealed record Pending(List<KeySave> Saves, TaskCompletionSource<IReadOnlyList<CacheKeyId>> Done);
}
