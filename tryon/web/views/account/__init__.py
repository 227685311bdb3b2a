"""The pages of somebody's own account, beside those of allauth; and their data, which guests have too."""
