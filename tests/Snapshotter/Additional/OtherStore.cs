using Cairn.Snapshotter.Additional;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>
/// A store that others add to theirs, closed, with five layers on each other. The third has whiteouts and an opaque directory, as a layer
/// unpacked from a blob may have; the second has a file with two names.
/// </summary>
internal sealed class OtherStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public OtherStore(string? home = null)
    {
        Root = home is null ? _directory["root"] : Path.Combine(home, "root");
        using StoreRoot store = Open();
        ISnapshotter snapshotter = SnapshotterFactory.Open(store);
        Layers = [
            Add(store, snapshotter, "mkdir d e; echo 1 > d/one; echo 1 > e/gone; echo one > f; setfattr -n user.x -v y f"),
            Add(store, snapshotter, "mkdir d; echo 2 > d/two; ln d/two d/twin; ln -s d l"),
            Add(store, snapshotter, "mkdir d e; mknod e/gone c 0 0; setfattr -n trusted.overlay.origin e; "
                + "setfattr -n trusted.overlay.opaque -v y d; echo 3 > d/three; chown 1:2 d/three; chmod 4755 d/three"),
            Add(store, snapshotter, "echo 4 > four; mkfifo p"),
            Add(store, snapshotter, "echo 5 > five; truncate -s 200000 large; echo end >> large"),
        ];
    }

    public string Root { get; }

    public string RunRoot => _directory["run"];

    public IReadOnlyList<LayerId> Layers { get; }

    /// <summary>Opens it to write, as its owner does.</summary>
    public StoreRoot Open() => StoreRoot.Open(new StoreOptions { Root = Root, RunRoot = RunRoot }, []);

    /// <summary>One more layer without a base, filled by a script.</summary>
    public static LayerId Add(StoreRoot store, ISnapshotter snapshotter, string script)
    {
        using StagedLayer staged = snapshotter.Stage();
        Shell.Run("umask 022; " + script + "; find . -exec touch -hd @1700000000.123456789 {} +", staged.Directory);
        _ = staged.Usage;
        return store.Write(staged.Publish);
    }

    /// <summary>Makes a layer of the first, or a later, additional store a layer of this one.</summary>
    public static LayerId Take(StoreRoot store, LayerId original, int number = 0)
    {
        AdditionalLayer layer = store.Additional.TryFind(store.Additional.All[number], original)
            ?? throw new InvalidOperationException($"{original} is not found");
        return store.Write(transaction => store.Additional.Enter(transaction, layer));
    }

    public LayerId[] TakeAll(StoreRoot store) => [.. Layers.Select(layer => Take(store, layer))];

    /// <summary>Everything that can be told of it from outside: a change of content, metadata or number of names shows as a time of change.</summary>
    public string Listing() =>
        Shell.Run($"find '{Root}' -printf '%p %y %i %m %U:%G %s %n %T@ %C@\\n' | sort; find '{Root}' -type f -printf '%p %A@\\n' | sort");

    public void Dispose() => _directory.Dispose();
}
