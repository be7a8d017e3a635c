namespace Cairn.Snapshotter.Merging;

/// <summary>How the files of several layers get into one tree. The tree is the same with each.</summary>
public enum MergeStrategy
{
    /// <summary>The kernel joins the layers' own directories in a mount; no file is touched.</summary>
    Join,

    /// <summary>Files of the tree are further names of the layers' files.</summary>
    Hardlink,

    /// <summary>Files of the tree are files of their own that share blocks with the layers' files.</summary>
    Reflink,

    /// <summary>Files of the tree are copies.</summary>
    Copy,
}
