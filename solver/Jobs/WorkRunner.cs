using Cairn.Cache;
using Cairn.Cache.Keys;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Solver.Keys;
using Cairn.Solver.Ops;
using Cairn.Solver.Progress;
using Cairn.Solver.Scheduling;
using Cairn.Solver.Sessions;
using Microsoft.Extensions.Logging;

namespace Cairn.Solver.Jobs;

/// <summary>Does the work that the graph asks for. Every way it can end is an event; nothing is thrown.</summary>
internal sealed class WorkRunner(SolverServices services, ResultTable results)
{
    // The record that stands for scratch, which is never stored; ids of records are never 0.
    private static readonly CandidateId ScratchCandidate = new(0);

    private readonly KeyRecorder _recorder = new(services.Cache, services.Loggers.CreateLogger<KeyRecorder>());
    private readonly ILogger _logger = services.Loggers.CreateLogger<WorkRunner>();

    /// <summary>Waits until all that was carried out so far is recorded.</summary>
    public Task DrainAsync() => _recorder.DrainAsync();

    /// <summary>Begins work. What it needs of the graph is taken before the call returns.</summary>
    public Task<WorkEnded> Start(Start start, CancellationToken cancellationToken)
    {
        var vertex = (VertexWork)start.Vertex;
        IReadOnlyList<BuildJob> clients = vertex.Clients;
        switch (start)
        {
            case StartCacheMap map when vertex.Vertex.Inputs.Count > 0:
                return GuardAsync(start, clients, [], token => MapAsync(vertex, map, token), cancellationToken);
            case StartCacheMap map:
                return Task.Run(() => GuardAsync(start, clients, [], token => MapAsync(vertex, map, token), cancellationToken), CancellationToken.None);
            case StartContent content:
                ImmutableRef? input = results.Clone(content.Result);
                return Task.Run(
                    () => GuardAsync(start, clients, [content.Result], token => HashAsync(vertex, content, input, token), cancellationToken),
                    CancellationToken.None);
            case StartLookup lookup:
                return Task.Run(() => GuardAsync(start, clients, [], token => AskImportsAsync(vertex, lookup, token), cancellationToken), CancellationToken.None);
            case StartLoad load when vertex.FindImported(load.Candidate) is { } imported:
                return Task.Run(() => GuardAsync(start, clients, [], _ => TakeAsync(vertex, load, imported), cancellationToken), CancellationToken.None);
            case StartLoad load:
                return Task.Run(() => GuardAsync(start, clients, [], _ => Task.FromResult(Load(vertex, load)), cancellationToken), CancellationToken.None);
            case StartExecution execution:
                ImmutableRef?[] inputs = [.. execution.Inputs.Select(results.Clone)];
                OpContext context = vertex.Context with { Limits = vertex.Limits(), MostProcesses = vertex.MostProcesses() };
                return Task.Run(
                    () => GuardAsync(
                        start, clients, execution.Inputs, token => ExecuteAsync(vertex, context, execution, inputs, token), cancellationToken),
                    CancellationToken.None);
            default:
                throw new InvalidOperationException($"unknown work {start.GetType().Name}");
        }
    }

    /// <summary>Asks the store's index. A fault there is a miss.</summary>
    public IReadOnlyList<WorkEnded> LookUp(IReadOnlyList<StartLookup> lookups)
    {
        try
        {
            var queries = new List<KeyQuery>(lookups.Count);
            var counts = new int[lookups.Count];
            for (int i = 0; i < counts.Length; i++)
            {
                IReadOnlyList<KeyQuery> own = KeyRecorder.QueriesOf(lookups[i].Digests, lookups[i].Output, lookups[i].Inputs, lookups[i].WantsMatches);
                counts[i] = own.Count;
                queries.AddRange(own);
            }

            IReadOnlyList<KeyMatch> found = services.Cache.Keys.Find(queries);
            var answers = new List<WorkEnded>(lookups.Count);
            int next = 0;
            for (int i = 0; i < counts.Length; i++)
            {
                List<CacheKeyId> keys = [];
                IReadOnlyList<bool>? matched = counts[i] == 1 ? found[next].Inputs : null;
                for (int end = next + counts[i]; next < end; next++)
                {
                    keys.AddRange(found[next].Keys);
                }

                CandidateId[] candidates = keys.Count == 0 || !lookups[i].WantsResults ? [] : [.. services.Cache.Keys.LoadCandidates(keys)
                    .Select(static result => result.Ref is { } id ? new CandidateId(id.Value) : ScratchCandidate)];
                answers.Add(new LookedUp(lookups[i].Work, keys, candidates, matched) { HasImports = ((VertexWork)lookups[i].Vertex).HasImports });
            }

            return answers;
        }
#pragma warning disable CA1031 // A cache can only help: whatever is wrong with it, the work can be done.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.LookupFailed(lookups[0].Vertex.ToString()!, e);
            return [.. lookups.Select(lookup => new WorkFailed(lookup.Work, e, Blame: null, []))];
        }
    }

    /// <summary>Remembers links between keys. A fault there costs a detour next time, no more.</summary>
    public void Link(RecordLinks links)
    {
        try
        {
            foreach (KeyQuery query in KeyRecorder.QueriesOf(links.Digests, links.Output, links.Inputs))
            {
                services.Cache.Link(query, links.Targets);
            }
        }
#pragma warning disable CA1031 // A cache can only help.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.RecordFailed(links.Vertex.ToString()!, e);
        }
    }

    private async Task<WorkEnded> GuardAsync(
        Start start,
        IReadOnlyList<BuildJob> clients,
        IReadOnlyList<ResultId> inputs,
        Func<CancellationToken, Task<WorkEnded>> work,
        CancellationToken cancellationToken)
    {
        var vertex = (VertexWork)start.Vertex;
        try
        {
            return await work(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new WorkCancelled(start.Work);
        }
        catch (ResultLostException e) when (ClientFaultException.Find(e) is null)
        {
            return new WorkFailed(start.Work, VertexError.Of(e, vertex.Vertex), Blame: null, LostOf(e, inputs));
        }
#pragma warning disable CA1031 // The top of every piece of work: a failure is an event of the graph.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new WorkFailed(start.Work, VertexError.Of(e, vertex.Vertex), BlameOf(e, clients, vertex), []);
        }
    }

    // The inputs that are the lost record. Where none is, what is lost lies below them, and they are all in doubt.
    private IReadOnlyList<ResultId> LostOf(ResultLostException lost, IReadOnlyList<ResultId> inputs)
    {
        List<ResultId> found = [];
        foreach (ResultId input in inputs)
        {
            using ImmutableRef? held = results.TryClone(input);
            if (held?.Id == lost.Ref)
            {
                found.Add(input);
            }
        }

        return found.Count > 0 ? found : inputs;
    }

    // A cancellation that the graph did not ask for can only come from a client that went away.
    private static JobId? BlameOf(Exception error, IReadOnlyList<BuildJob> clients, VertexWork vertex)
    {
        ClientFaultException? fault = ClientFaultException.Find(error);
        if (fault is null && error is not OperationCanceledException)
        {
            return null;
        }

        BuildJob? job = fault?.Session is { } session
            ? clients.Concat(vertex.Clients).FirstOrDefault(client => client.Session.Id == session.Id)
            : clients.Count > 0 ? clients[0] : null;
        return job?.Id;
    }

    private static Task<WorkEnded> MapAsync(VertexWork vertex, StartCacheMap start, CancellationToken cancellationToken)
    {
        return vertex.Op.AsksForKey ? ShowAsync(vertex, WorkInterval.Resolving, MakeAsync, cancellationToken) : MakeAsync();

        async Task<WorkEnded> MakeAsync() => new CacheMapMade(start.Work, await vertex.Op.CacheMapAsync(vertex.Context, start.Index, cancellationToken));
    }

    private async Task<WorkEnded> HashAsync(
        VertexWork vertex, StartContent start, ImmutableRef? input, CancellationToken cancellationToken)
    {
        using (input)
        {
            try
            {
                return new ContentHashed(start.Work, await services.Cache.Checksums.ComputeAsync(
                    input, start.Map.Content!, vertex.Context.Refs, cancellationToken));
            }
            catch (BuildException e) when (e is not ResultLostException)
            {
                // The step asks for something that is not there: it is the step that failed, and what it stands on was not needed.
                vertex.Channel.Start(WorkInterval.Resolving);
                string? remedy = e.Remedy ?? ExplainMissing(vertex.Vertex.Inputs[start.Input].Vertex, e.Subject);
                var error = new BuildException(e.Kind, "compute cache key", string.Empty, e.Message, remedy, e);
                vertex.Channel.Complete(error.Message);
                throw error;
            }
        }
    }

    private string? ExplainMissing(Vertex input, string path) => services.OpKind(input.Kind).Create(input).ExplainMissing(path);

    private WorkEnded Load(VertexWork vertex, StartLoad start)
    {
        ImmutableRef? found = start.Candidate == ScratchCandidate ? null : services.Cache.Refs.TryGet(new RefId(start.Candidate.Value));
        if (found is null && start.Candidate != ScratchCandidate)
        {
            _logger.ResultGone(vertex.ToString());
            return new WorkFailed(start.Work, new BuildException(
                ErrorKind.Environment, "load", vertex.Vertex.Name, "the cached result is gone", remedy: null, inner: null), Blame: null, []);
        }

        vertex.Channel.Start(WorkInterval.Cached);
        vertex.Channel.Complete(error: null);
        return new Loaded(start.Work, results.Add(found));
    }

    // A key that is found is recorded, without a result: what stands on it can be found then, here and there.
    private async Task<WorkEnded> AskImportsAsync(VertexWork vertex, StartLookup lookup, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyQuery> queries = KeyRecorder.QueriesOf(lookup.Digests, lookup.Output, lookup.Inputs);
        ImportFind[] finds = await Task.WhenAll(vertex.Imports.Select(import => import.FindAsync(queries, cancellationToken)));
        List<CacheKeyId> keys = [];
        List<CandidateId> candidates = [];
        if (finds.Any(static find => find.HasKeys))
        {
            IReadOnlyList<CacheKeyId?> known = await _recorder.RecordKeysAsync(queries);
            for (int i = 0; i < known.Count; i++)
            {
                if (known[i] is not { } key || !finds.Any(find => find.Error is null && find.Keys[i].Count > 0))
                {
                    continue;
                }

                keys.Add(key);
                foreach (ImportFind find in finds.Where(find => find.Error is null && find.Keys[i].Count > 0))
                {
                    find.Import.Know(key, find.Keys[i]);
                }
            }
        }

        if (lookup.WantsResults)
        {
            candidates.AddRange(finds.SelectMany(find => find.Results.Select(result => vertex.NameOf(new ImportedCandidate(find.Import.Id, result)))));
        }

        return new LookedUp(lookup.Work, keys, candidates, lookup.WantsMatches ? MatchedOf(finds, queries.Count) : null)
        {
            Answers = [.. finds.Select(static find => new ImportAnswer(find.Import.Id, VerdictOf(find), find.Error))],
        };
    }

    private static ImportVerdict VerdictOf(ImportFind find) =>
        find.Error is not null ? ImportVerdict.Failed
        : !find.HasKeys ? ImportVerdict.Missing
        : find.Results.Count == 0 ? ImportVerdict.KeyOnly
        : ImportVerdict.Result;

    // A cache that could not be asked has nothing that leads on.
    private static IReadOnlyList<bool>? MatchedOf(ImportFind[] finds, int queries)
    {
        bool[][] matched = [.. finds.Where(static find => find.Error is null).Select(static find => find.Matched[0])];
        return queries != 1 ? null
            : matched.Length == 0 ? null
            : [.. Enumerable.Range(0, matched[0].Length).Select(input => matched.Any(one => one[input]))];
    }

    // What is taken is recorded as if it had been made here, so that it is found without the cache it came from.
    private async Task<WorkEnded> TakeAsync(VertexWork vertex, StartLoad start, ImportedCandidate imported)
    {
        ImmutableRef? found = services.Cache.Refs.FromImage(imported.Result.Layers, new RefDescription(vertex.Vertex.Name));
        try
        {
            await _recorder.RecordAsync(start.Digests, start.Inputs, start.Output, found);
        }
#pragma warning disable CA1031 // A cache can only help.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.RecordFailed(vertex.ToString(), e);
        }

        vertex.Channel.Start(WorkInterval.Cached);
        vertex.Channel.Complete(error: null);
        return new Loaded(start.Work, results.Add(found));
    }

    private async Task<WorkEnded> ExecuteAsync(
        VertexWork vertex, OpContext context, StartExecution start, ImmutableRef?[] inputs, CancellationToken cancellationToken)
    {
        try
        {
            return await ShowAsync(
                vertex,
                WorkInterval.Running,
                async () =>
                {
                    IReadOnlyList<ImmutableRef?> made = await vertex.Op.ExecuteAsync(context, inputs, cancellationToken);
                    IReadOnlyList<CacheKeyId?> keys = start.HasKeys || !IsHandedOn(inputs, made)
                        ? await RecordAsync(vertex, start, made)
                        : _recorder.RecordLater(start.Digests, start.Keys, made);
                    return new Executed(start.Work, [.. made.Select(results.Add)], keys);
                },
                cancellationToken);
        }
        finally
        {
            foreach (ImmutableRef? input in inputs)
            {
                input?.Dispose();
            }
        }
    }

    // Nothing was made: whoever stands on the result need not wait until it is recorded once more, under another key.
    private static bool IsHandedOn(ImmutableRef?[] inputs, IReadOnlyList<ImmutableRef?> made) =>
        inputs.Length > 0 && made.All(one => one is null || Array.Exists(inputs, input => input?.Id == one.Id));

    // A result that cannot be recorded is a result still.
    private async Task<IReadOnlyList<CacheKeyId?>> RecordAsync(VertexWork vertex, StartExecution start, IReadOnlyList<ImmutableRef?> made)
    {
        try
        {
            return await _recorder.RecordAsync(start.Digests, start.Keys, made);
        }
#pragma warning disable CA1031 // A cache can only help.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.RecordFailed(vertex.ToString(), e);
            return new CacheKeyId?[made.Count];
        }
    }

    private static async Task<WorkEnded> ShowAsync(
        VertexWork vertex, WorkInterval interval, Func<Task<WorkEnded>> work, CancellationToken cancellationToken)
    {
        vertex.Channel.Start(interval);
        try
        {
            WorkEnded ended = await work();
            vertex.Channel.Complete(error: null);
            return ended;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            vertex.Channel.Complete("context canceled");
            throw;
        }
        catch (Exception e)
        {
            vertex.Channel.Complete(e.Message);
            throw;
        }
    }
}
