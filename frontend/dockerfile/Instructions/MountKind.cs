namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>What a mount of RUN brings.</summary>
internal enum MountKind
{
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}
