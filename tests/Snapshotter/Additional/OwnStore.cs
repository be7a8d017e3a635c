using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Snapshotter.Tests.Additional;

/// <summary>A writable store with others added to it.</summary>
internal sealed class OwnStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public OwnStore(params string[] additional)
        : this(null, NullLoggerFactory.Instance, additional)
    {
    }

    public OwnStore(string? driver, ILoggerFactory loggers, params string[] additional)
    {
        Options = new StoreOptions
        {
            Root = _directory["root"], RunRoot = _directory["run"], Driver = driver, Loggers = loggers, AdditionalStores = additional,
        };
        try
        {
            Open();
        }
        catch
        {
            _directory.Dispose();
            throw;
        }
    }

    public StoreOptions Options { get; set; }

    public StoreRoot Store { get; private set; } = null!;

    public ISnapshotter Snapshotter { get; private set; } = null!;

    public string this[string name] => _directory[name];

    /// <summary>Closes it and opens it again.</summary>
    public void Reopen()
    {
        Store.Dispose();
        Open();
    }

    public string Show(params IReadOnlyList<LayerId> layers)
    {
        using SnapshotView view = Snapshotter.View(layers);
        return TreeText.Of(view.Tree);
    }

    /// <summary>Mounts and directories in the run directory.</summary>
    public string RunListing() =>
        string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Options.RunRoot, StringComparison.Ordinal)))
        + Shell.Run($"find '{Options.RunRoot}' -mindepth 2");

    public void Dispose()
    {
        Store.Dispose();
        _directory.Dispose();
    }

    private void Open()
    {
        Store = StoreRoot.Open(Options, []);
        Snapshotter = SnapshotterFactory.Open(Store);
    }
}
