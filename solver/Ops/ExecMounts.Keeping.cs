using Cairn.Cache.Refs;
using Cairn.Protos.Pb;
using Cairn.Solver.Debugging;

namespace Cairn.Solver.Ops;

internal sealed partial class ExecMounts
{
    /// <summary>
    /// Turns what a failed process wrote into records of the cache, so that somebody can look at it later; the process must have ended. Mounts
    /// that it could not write to are named by the record that they show.
    /// </summary>
    public async Task<IReadOnlyList<KeptFilesystem>> KeepAsync(CancellationToken cancellationToken)
    {
        List<KeptFilesystem> kept = [];
        List<ImmutableRef> made = [];
        try
        {
            for (int i = 0; i < exec.Mounts.Count; i++)
            {
                Mount mount = exec.Mounts[i];
                if (mount.MountType is not (MountType.Bind or MountType.Cache))   // the directory of a cache mount is named after its input
                {
                    continue;
                }

                if (_written.Remove(mount, out MutableRef? written))
                {
                    ImmutableRef tree = await written.CommitAsync(
                        new RefDescription($"mount {mount.Dest} of failed {Description}", RefDescription.FailedStep), cancellationToken);
                    made.Add(tree);
                    kept.Add(new KeptFilesystem(i, tree.Id, IsOwn: true));
                }
                else if (Input(mount) is { } input)
                {
                    kept.Add(new KeptFilesystem(i, input.Id, IsOwn: false));
                }
            }

            context.Cache.Publish(made);
            return kept;
        }
        finally
        {
            made.ForEach(static tree => tree.Dispose());
        }
    }
}
