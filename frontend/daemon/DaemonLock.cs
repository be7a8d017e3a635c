using Cairn.Llb;

namespace Cairn.Daemon;

/// <summary>One daemon for a store; commands may use the store beside it.</summary>
internal sealed class DaemonLock : IDisposable
{
    private readonly FileStream _file;

    private DaemonLock(FileStream file) => _file = file;

    /// <summary>Takes the lock; it goes with the process.</summary>
    /// <exception cref="BuildException">Environment: another daemon has it.</exception>
    public static DaemonLock Take(string root)
    {
        string path = Path.Combine(root, "daemon.lock");
        try
        {
            Directory.CreateDirectory(root);
            return new DaemonLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new BuildException(
                ErrorKind.Environment, "", "", $"could not lock {path}, another instance running?",
                "End the other daemon, or give this one another --root.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
