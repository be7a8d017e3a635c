using System.Collections.Concurrent;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Solver.Ops;
using Cairn.Solver.Sources;
using Xunit;
using SourceOp = Cairn.Protos.Pb.SourceOp;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Sources whose every move a test decides.</summary>
internal sealed class TestSource : ISource
{
    public ConcurrentDictionary<string, TestThing> Things { get; } = new(StringComparer.Ordinal);

    public bool Handles(string scheme) => scheme == "test";

    public ISourceInstance Open(SourceOp source, Platform? platform) => new Instance(Things[source.Identifier["test://".Length..]]);

    private sealed class Instance(TestThing thing) : ISourceInstance
    {
        public Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken) =>
            Task.FromResult(new SourceKey(thing.Key ?? Digest.Sha256(thing.Content).ToString(), null, HasMore: false));

        public async Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken)
        {
            thing.CountFetch();
            Exception? refusal = thing.Ask is { } ask ? await Record.ExceptionAsync(() => ask(context, cancellationToken)) : null;
            thing.Begun.TrySetResult();
            try
            {
                await thing.Gate.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                thing.Cancelled.TrySetResult();
                throw;
            }

            if ((refusal ?? thing.Error) is { } error)
            {
                throw error;
            }

            Snapshotter.Layers.StagedLayer layer = context.Services.Snapshotter.Stage();
            layer.Tree.WriteFile("/file", thing.Content, 0b110_100_100, null, null);
            return context.Cache.Refs.Adopt(layer, null, new RefDescription(context.Vertex.Name));
        }
    }
}
